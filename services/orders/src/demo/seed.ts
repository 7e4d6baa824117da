import { demoCustomers, demoTeam, seededRandom } from '@live-orders/contracts/demo.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { searchText } from '@live-orders/contracts/domain/search-text.ts';
import { type UsualStep, usualSteps } from '@live-orders/contracts/domain/order-status.ts';
import { enterAlone } from '@live-orders/runtime/database/migrations.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { demoProducts } from './catalogue.ts';
import { productColumns, productRow } from '../products/rows.ts';
import { moveOrders } from '../orders/moves.ts';
import { placeOrder } from '../orders/placement.ts';
import type { OrderContext } from '../orders/order-context.ts';

const orderCount = 80;
const dayMs = 24 * 3_600_000;
const notes = [
  'Please ring twice',
  'It is a present, no invoice in the box please',
  'Leave it with the neighbour on the left',
];
const reasons = ['Customer changed their mind', 'Ordered twice by mistake', 'Address could not be confirmed'];

/** How many minutes after its creation an order comes into each status. */
const minutesUntil: Readonly<Record<UsualStep, number>> = { confirmed: 6, preparing: 14, shipped: 50, delivered: 600 };

/**
 * Fills an empty database with the demo shop: 24 products, and 80 orders of the last day in all statuses. Every order
 * is placed and moved by the code that real ones go through, so stock, versions, history and events agree.
 */
export const seedOrders = async (context: OrderContext, log: Log): Promise<void> => {
  const { database, outbox } = context;
  const seeded = await database.transaction(async (transaction) => {
    await enterAlone(database, 'seed:orders', transaction);
    const found = await select(database, z.object({}), 'SELECT FROM products LIMIT 1', {}, transaction);
    if (found.length > 0) return false;
    const random = seededRandom(42);
    const products = await insertProducts(database, outbox, transaction);
    const now = Date.now();
    // Most of them in the last hours, so that there are orders in every status.
    const times = Array.from({ length: orderCount }, () => now - random() ** 2.4 * dayMs).sort((a, b) => a - b);
    for (const time of times) await seedOrder(context, products, time, now, random, transaction);
    return true;
  });
  if (seeded) log.info({ products: demoProducts.length, orders: orderCount }, 'seeded the demo shop');
};

const insertProducts = async (database: Sequelize, outbox: Outbox, transaction: Transaction): Promise<Product[]> => {
  const at = new Date(Date.now() - 30 * dayMs).toISOString();
  const products = await select(
    database,
    productRow,
    `WITH new AS (
       SELECT * FROM unnest($ids::uuid[], $names::text[], $searches::text[], $descriptions::text[], $prices::bigint[], $stocks::int[])
         AS n (id, name, search, description, price, stock)
     ), stocked AS (
       INSERT INTO stock_movements (product_id, change, kind, reason, actor_name, actor_role, created_at)
       SELECT id, stock, 'adjustment', 'first stock', 'Demo', 'admin', $at::timestamptz FROM new
     )
     INSERT INTO products AS p (id, name, search, description, price, currency, stock, created_at, updated_at)
     SELECT id, name, search, description, price, 'USD', stock, $at::timestamptz, $at::timestamptz FROM new
     RETURNING ${productColumns}`,
    {
      ids: demoProducts.map(() => uuidv7()),
      names: demoProducts.map(([name]) => name),
      searches: demoProducts.map(([name]) => searchText(name)),
      descriptions: demoProducts.map(([, description]) => description),
      prices: demoProducts.map(([, , price]) => price),
      stocks: demoProducts.map(([, , , stock]) => stock),
      at,
    },
    transaction,
  );
  await outbox.append(
    products.map((product) => ({ type: 'product.created', value: { ...product, actor: null } })),
    transaction,
  );
  return products;
};

const seedOrder = async (
  context: OrderContext,
  products: Product[],
  time: number,
  now: number,
  random: () => number,
  transaction: Transaction,
): Promise<void> => {
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new RangeError('nothing to pick from');
    return chosen;
  };
  const customer = { ...pick(demoCustomers), role: 'customer' as const };
  const chosen = new Set(Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(products).id));
  const items = [...chosen].map((product_id) => ({ product_id, quantity: 1 + Math.floor(random() * 2.5) }));
  const wanted = { items, ...(random() < 0.15 ? { note: pick(notes) } : {}) };
  const order = await placeOrder(context, wanted, customer, transaction, new Date(time));
  const pace = 0.6 + random() * 1.2;
  const cancelled = random() < 0.1 ? 1 + Math.floor(random() * 2) : Infinity;
  let current = order;
  for (const [index, next] of usualSteps.entries()) {
    const at = new Date(time + minutesUntil[next] * pace * 60_000);
    if (at.getTime() > now || current.status === 'cancelled') return;
    const [status, reason] = index === cancelled ? (['cancelled', pick(reasons)] as const) : [next, null];
    const move = { status, reason, actor: demoTeam[1], at };
    [current = order] = await moveOrders(context, [current], move, transaction);
  }
};
