import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderCreation } from '@live-orders/contracts/rest/orders.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { orderText } from '@live-orders/contracts/domain/search-text.ts';
import type { Transaction } from '@live-orders/runtime/database/database.ts';
import { execute, selectPrepared } from '@live-orders/runtime/database/prepared.ts';
import type { NewEvent } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { actorBind } from '../database/insert.ts';
import { productColumns, productRow } from '../products/rows.ts';
import { insufficientStock } from '../products/stock.ts';
import { dueAt, type Targets } from './due-times.ts';
import { allowanceOf, checkQuantities, checkTaken, taken, takenColumn } from './allowance.ts';
import type { OrderContext } from './order-context.ts';
import { type OrderBinds, orderValues } from './rows.ts';

type Line = OrderCreation['items'][number];

/**
 * Places an order within the caller's transaction: locks the products in id order, then takes the stock and writes
 * order, items, history and events: two round trips beside BEGIN and COMMIT. Throws `unknown_product` (each line named),
 * `validation_failed` (more than one currency, or more of a product than a customer may take), `insufficient_stock` (each
 * short line, and what is left of it), `price_changed` (each line that expected another price) or `too_many_requests` (the
 * customer's allowance is used up).
 */
export const placeOrder = async (
  context: OrderContext,
  { items: lines, note }: OrderCreation,
  customer: Actor,
  transaction: Transaction,
  at = new Date(),
): Promise<Order> => {
  const { targets } = context;
  const allowance = allowanceOf(context.allowance, customer);
  if (allowance) checkQuantities(lines, allowance);
  const { number, products, before } = await lockProducts(lines, allowance && customer.id, transaction);
  checkCurrency(lines, products);
  checkPrices(lines, products);
  checkStock(lines, products);
  if (allowance && before) {
    const named = lines.map((line) => ({ ...line, name: productOf(products, line).name }));
    checkTaken(named, before, allowance);
  }
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

/** A locked product as `insertOrder` will leave it, so that its event needs no second read. */
const afterSale = (product: Product, quantity: number, at: string): Product => ({
  ...product,
  stock: product.stock - quantity,
  version: product.version + 1,
  updated_at: at,
});

const numbered = { order_number: z.number(), taken: taken.nullable() };
/** The number for the new order beside each product; without any product, the join leaves one row of nulls. */
const lockedRow = z.union([productRow.extend(numbered), z.object({ ...numbered, id: z.null() })]);

/** `limited` is a customer with an allowance, or null; `before` is what that customer took, else null. */
const lockProducts = async (lines: Line[], limited: string | null, transaction: Transaction) => {
  const rows = await selectPrepared(
    transaction,
    lockedRow,
    // The customer's turn is waited for before any product is locked, or two orders could wait for each other.
    `WITH next AS MATERIALIZED (SELECT nextval('orders_number')::int AS order_number, ${limited ? takenColumn : 'NULL AS taken'}),
     locked AS (SELECT ${productColumns} FROM products p WHERE p.id = ANY($products::uuid[])
       ${limited ? 'AND EXISTS (SELECT FROM next)' : ''} ORDER BY p.id FOR UPDATE)
     SELECT next.*, locked.* FROM next LEFT JOIN locked ON true`,
    { products: lines.map((line) => line.product_id), ...(limited ? { customer_id: limited } : {}) },
  );
  const [first] = rows;
  if (!first) throw new Error('placing an order: the sequence orders_number gave nothing');
  const products = new Map(
    rows.flatMap(({ order_number: _number, taken: _taken, ...product }) =>
      product.id === null ? [] : [[product.id, product] as const],
    ),
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
  return { number: first.order_number, before: first.taken, products };
};

type Products = Awaited<ReturnType<typeof lockProducts>>['products'];

const productOf = (products: Products, line: Line) => {
  const product = products.get(line.product_id);
  if (!product) throw new Error(`placing an order: product ${line.product_id} was not locked`);
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

/** Nobody is charged another price than the one that was shown, where the caller says which that was. */
const checkPrices = (lines: Line[], products: Products): void => {
  const changed = lines.flatMap((line, index) => {
    const { name, price } = productOf(products, line);
    const { product_id, expected_price: expected = price } = line;
    return price === expected ? [] : [{ index, name, product_id, expected, price }];
  });
  if (changed.length === 0) return;
  throw new ProblemError(
    'price_changed',
    changed.map(({ name, expected, price }) => `${name}: ${expected} expected, it costs ${price}`).join('; '),
    {
      items: changed.map(({ product_id, expected, price }) => ({ product_id, expected, price })),
      errors: changed.map(({ index, price }) => ({
        path: `items.${index}.expected_price`,
        message: `is ${price} now`,
      })),
    },
  );
};

const checkStock = (lines: Line[], products: Products): void => {
  const short = lines.flatMap((line, index) => {
    const { name, stock } = productOf(products, line);
    return stock >= line.quantity
      ? []
      : [{ index, product_id: line.product_id, name, requested: line.quantity, available: stock }];
  });
  if (short.length === 0) return;
  throw insufficientStock(
    short,
    short.map(({ index, available }) => ({ path: `items.${index}.quantity`, message: `${available} left` })),
  );
};

/** What of a new order its lines do not say. */
interface Head {
  number: number;
  note: string | null;
  customer: Actor;
  at: Date;
  targets: Targets;
}

const composeOrder = (
  lines: Line[],
  products: Products,
  { number, note, customer, at, targets }: Head,
): Required<Order> => {
  const items = lines.map((line) => {
    const { name, price } = productOf(products, line);
    // These ids ascend, so that reading the items sorted by them gives the order of the lines.
    return { id: uuidv7(), product_id: line.product_id, name, quantity: line.quantity, price };
  });
  const currency = lines[0] ? productOf(products, lines[0]).currency : 'USD';
  return {
    // With the order's own time, so that seeded orders sort like real ones.
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
  { outbox }: OrderContext,
  order: Required<Order>,
  actor: Actor,
  transaction: Transaction,
  events: NewEvent[],
): Promise<void> => {
  const { items } = order;
  const row: OrderBinds = { ...order, search: orderText(order) };
  const inserted = outbox.insertion(events);
  await execute(
    transaction,
    `WITH placed AS (
       INSERT INTO orders ${orderValues}
     ), line AS (
       SELECT * FROM unnest($item_ids::uuid[], $products::uuid[], $names::text[], $quantities::int[], $prices::bigint[])
         AS l (id, product_id, name, quantity, price)
     ), items AS (
       INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
       SELECT id, $id, product_id, name, quantity, price, $created_at, $created_at FROM line
     ), sold AS (
       UPDATE products p SET stock = p.stock - l.quantity, version = p.version + 1, updated_at = $created_at
       FROM line l WHERE p.id = l.product_id
     ), movements AS (
       INSERT INTO stock_movements (product_id, change, kind, order_id, actor_id, actor_name, actor_role, created_at)
       SELECT product_id, -quantity, 'order', $id, $actor_id, $actor_name, $actor_role, $created_at FROM line
     ), step AS (
       INSERT INTO order_status_history (order_id, version, to_status, actor_id, actor_name, actor_role, created_at)
       VALUES ($id, $version, $status, $actor_id, $actor_name, $actor_role, $created_at)
     )
     ${inserted.sql}`,
    {
      ...row,
      item_ids: items.map((item) => item.id),
      products: items.map((item) => item.product_id),
      names: items.map((item) => item.name),
      quantities: items.map((item) => item.quantity),
      prices: items.map((item) => item.price),
      ...actorBind(actor),
      ...inserted.bind,
    },
  );
};
