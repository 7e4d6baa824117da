import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderCreation } from '@live-orders/contracts/rest/orders.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { type NewEvent, outboxColumns } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { QueryTypes } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { dueAt, type Targets } from './due-times.ts';
import { productColumns, type ProductRow, toProduct } from '../products/rows.ts';
import type { OrderContext } from './order-context.ts';

type Line = OrderCreation['items'][number];

/**
 * Places an order within the caller's transaction: locks the products in id order, then takes the stock and writes
 * order, items, history and events. Two round trips beside BEGIN and COMMIT. Throws `unknown_product` (each line named), `validation_failed` (more than
 * one currency) or `insufficient_stock` (each short line, and what is left of it).
 */
export const placeOrder = async (
  context: OrderContext,
  { items: lines, note }: OrderCreation,
  customer: Actor,
  transaction: Transaction,
  at = new Date(),
): Promise<Order> => {
  const { database, targets } = context;
  const { number, products } = await lockProducts(database, lines, transaction);
  checkCurrency(lines, products);
  checkStock(lines, products);
  const order = composeOrder(lines, products, { number, note: note ?? null, customer, at, targets });
  await insertOrder(context, order, customer, transaction, [
    { type: 'order.created', value: { ...order, previous_status: null, actor: customer } },
    ...lines.map((line) => {
      const left = afterSale(productOf(products, line), line.quantity, order.created_at);
      return { type: 'product.stock_changed' as const, value: { ...left, actor: customer } };
    }),
  ]);
  return order;
};

/** What the statement below makes of a locked product; so the events need no second look at it. */
const afterSale = (product: Product, quantity: number, at: string): Product => ({
  ...product,
  stock: product.stock - quantity,
  version: product.version + 1,
  updated_at: at,
});

const lockProducts = async (database: Sequelize, lines: Line[], transaction: Transaction) => {
  const rows = await database.query<ProductRow & { order_number: number }>(
    `WITH next AS MATERIALIZED (SELECT nextval('orders_number')::int AS order_number),
     locked AS (SELECT ${productColumns} FROM products p WHERE p.id = ANY($1::uuid[]) ORDER BY p.id FOR UPDATE)
     SELECT next.order_number, locked.* FROM next LEFT JOIN locked ON true`,
    { bind: [lines.map((line) => line.product_id)], type: QueryTypes.SELECT, transaction },
  );
  const [first] = rows;
  if (!first) throw new Error('the sequence of order numbers gave nothing');
  // With no product found the join leaves one row of nulls.
  const products = new Map(
    rows.flatMap(({ order_number: _, ...row }) => (row.id ? [[row.id, toProduct(row)] as const] : [])),
  );
  const unknown = lines.flatMap((line, index) => {
    const product = products.get(line.product_id);
    if (product && !product.archived) return [];
    const message = product ? 'is no longer sold' : 'is not a known product';
    return [{ path: `items.${index}.product_id`, message }];
  });
  if (unknown.length > 0) {
    throw new ProblemError('unknown_product', 'See errors for each line.', { errors: unknown });
  }
  return { number: first.order_number, products };
};

type Products = Awaited<ReturnType<typeof lockProducts>>['products'];

const productOf = (products: Products, line: Line) => {
  const product = products.get(line.product_id);
  if (!product) throw new Error(`product ${line.product_id} was not locked`);
  return product;
};

/** An order has one currency, or its total would mean nothing. */
const checkCurrency = (lines: Line[], products: Products): void => {
  const currencies = lines.map((line) => productOf(products, line).currency);
  const errors = currencies.flatMap((currency, index) =>
    currency === currencies[0]
      ? []
      : [{ path: `items.${index}.product_id`, message: `is sold in ${currency}, the first line in ${currencies[0]}` }],
  );
  if (errors.length === 0) return;
  throw new ProblemError('validation_failed', 'An order has products of one currency only.', { errors });
};

const checkStock = (lines: Line[], products: Products): void => {
  const short = lines.flatMap((line, index) => {
    const { name, stock } = productOf(products, line);
    return stock >= line.quantity
      ? []
      : [{ index, product_id: line.product_id, name, requested: line.quantity, available: stock }];
  });
  if (short.length === 0) return;
  throw new ProblemError(
    'insufficient_stock',
    short.map(({ name, requested, available }) => `${name}: ${requested} asked for, ${available} left`).join('; '),
    {
      items: short.map(({ product_id, requested, available }) => ({ product_id, requested, available })),
      errors: short.map(({ index, available }) => ({ path: `items.${index}.quantity`, message: `${available} left` })),
    },
  );
};

interface Head {
  number: number;
  note: string | null;
  customer: Actor;
  at: Date;
  targets: Targets;
}

const composeOrder = (lines: Line[], products: Products, { number, note, customer, at, targets }: Head): Order => {
  const items = lines.map((line) => {
    const { name, price } = productOf(products, line);
    // The time of the order, so that seeded orders sort like real ones; the ids keep the order of the lines.
    return { id: uuidv7(), product_id: line.product_id, name, quantity: line.quantity, price };
  });
  const currency = lines[0] ? productOf(products, lines[0]).currency : 'USD';
  return {
    id: uuidv7({ msecs: at.getTime() }),
    number,
    customer_id: customer.id,
    customer_name: customer.name,
    status: 'pending',
    total_amount: items.reduce((sum, item) => sum + item.price * item.quantity, 0),
    currency,
    note,
    version: 1,
    assigned_to: null,
    assigned_name: null,
    internal_note: null,
    due_at: dueAt(targets, 'pending', at),
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
    items,
  };
};

const insertOrder = async (
  { database, outbox }: OrderContext,
  order: Order,
  actor: Actor,
  transaction: Transaction,
  events: NewEvent[],
): Promise<void> => {
  const { items } = order;
  await database.query(
    `WITH placed AS (
       INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, note, version, due_at,
         created_at, updated_at, search)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $25)
     ), line AS (
       SELECT * FROM unnest($12::uuid[], $13::uuid[], $14::text[], $15::int[], $16::bigint[])
         AS l (id, product_id, name, quantity, price)
     ), items AS (
       INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
       SELECT id, $1, product_id, name, quantity, price, $11, $11 FROM line
     ), sold AS (
       UPDATE products p SET stock = p.stock - l.quantity, version = p.version + 1, updated_at = $11
       FROM line l WHERE p.id = l.product_id
     ), movements AS (
       INSERT INTO stock_movements (product_id, change, kind, order_id, actor_id, actor_name, actor_role, created_at)
       SELECT product_id, -quantity, 'order', $1, $17, $18, $19, $11 FROM line
     ), step AS (
       INSERT INTO order_status_history (order_id, version, to_status, actor_id, actor_name, actor_role, created_at)
       VALUES ($1, $9, $5, $17, $18, $19, $11)
     )
     INSERT INTO ${outbox.table} (event_id, type, topic, key, value)
     SELECT * FROM unnest($20::uuid[], $21::text[], $22::text[], $23::text[], $24::json[])`,
    {
      bind: [
        order.id,
        order.number,
        order.customer_id,
        order.customer_name,
        order.status,
        order.total_amount,
        order.currency,
        order.note,
        order.version,
        order.due_at,
        order.created_at,
        items.map((item) => item.id),
        items.map((item) => item.product_id),
        items.map((item) => item.name),
        items.map((item) => item.quantity),
        items.map((item) => item.price),
        actor.id,
        actor.name,
        actor.role,
        ...outboxColumns(events),
        [order.customer_name, ...items.map((item) => item.name)].join(' ').toLowerCase(),
      ],
      transaction,
    },
  );
};
