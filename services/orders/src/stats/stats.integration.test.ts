import { join } from 'node:path';
import { nearestRank } from '@live-orders/contracts/nearest-rank.ts';
import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { orderStatuses, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { OrderStep } from '@live-orders/contracts/rest/orders.ts';
import { type OrderStats, orderStats, statsWindows } from '@live-orders/contracts/rest/stats.ts';
import { role } from '@live-orders/contracts/domain/users.ts';
import { connectDatabase, type Sequelize } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { createOrdersApp } from '../app.ts';
import { rollUp } from './rollup.ts';
import { usualRules } from '../testing/usual-rules.ts';
import { Orders } from '../orders/orders.ts';
import { Team } from '../orders/team.ts';
import { Views } from '../views/views.ts';
import { Products } from '../products/products.ts';
import { seedOrders } from '../demo/seed.ts';
import { Stats } from './stats.ts';

const log = createLog('test', 'silent');
const staff: Actor = { id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10', name: 'Sam Staff', role: 'staff' };
/** Everybody's orders, at whatever version. */
const anyVersion = { owner: null, precondition: () => undefined };
let territory: Territory;
let database: Sequelize;
let orders: Orders;
let stats: Stats;
let app: ReturnType<typeof createOrdersApp>;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  database = connectDatabase(territory.databaseUrl, 4, 'stats test');
  await migrate(database, 'orders', join(import.meta.dirname, '../migrations'), log);
  const context = {
    database,
    outbox: new Outbox(database, 'orders_outbox', log),
    ...usualRules,
  };
  await seedOrders(context, log);
  orders = new Orders(context);
  stats = new Stats(database);
  app = createOrdersApp({
    log,
    orders,
    products: new Products(context),
    stats,
    team: new Team('http://127.0.0.1:1', log),
    views: new Views(database),
    denials: { record: () => undefined },
    // The token is the role: who may ask is what counts here.
    authority: {
      verify: async (token) => ({
        ...staff,
        role: role.parse(token),
        email: 'sam@example.com',
        created_at: new Date().toISOString(),
        session_id: staff.id,
        expires_at: Infinity,
      }),
    },
  });
});

afterAll(async () => {
  await database.close();
  await territory.remove();
});

interface Life {
  order: Order;
  /** Those that count: a move that was taken back is as if it had never been. */
  steps: OrderStep[];
}

const counting = (steps: OrderStep[]): OrderStep[] => {
  const takenBack = new Set(steps.map(({ takes_back }) => takes_back));
  return steps.filter(({ version, takes_back }) => takes_back === null && !takenBack.has(version));
};

const lives = async (): Promise<Life[]> => {
  const { data } = await orders.list({ limit: 1000, sort: 'created_at' }, null);
  return Promise.all(data.map(async (order) => ({ order, steps: counting(await orders.history(order.id, null)) })));
};

/** The same figures from the orders and their histories, one by one. */
const naive = (all: Life[], { from, as_of }: OrderStats) => {
  const inWindow = ({ created_at }: { created_at: string }): boolean => created_at >= from;
  const steps = all.flatMap((life) => life.steps.map((step, index) => ({ ...step, before: life.steps[index - 1] })));
  const recent = steps.filter(inWindow);
  const placed = all.filter(({ order }) => inWindow(order));
  const isLate = ({ order }: Life): boolean => order.due_at !== null && order.due_at < as_of;
  const count = (list: Life[], status: string): number => list.filter(({ order }) => order.status === status).length;
  return {
    statuses: orderStatuses.map((status) => ({
      status,
      now: count(all, status),
      late: count(all.filter(isLate), status),
      entered: recent.filter(({ to }) => to === status).length,
      left: recent.filter((step) => step.from === status).length,
    })),
    late: all.filter(isLate).length,
    conversion: {
      placed: placed.length,
      delivered: count(placed, 'delivered'),
      cancelled: count(placed, 'cancelled'),
      open: placed.length - count(placed, 'delivered') - count(placed, 'cancelled'),
    },
    revenue: placed.reduce((sum, { order }) => sum + (order.status === 'cancelled' ? 0 : order.total_amount), 0),
    reasons: recent.filter(({ to }) => to === 'cancelled').map(({ reason }) => reason),
    stays: (status: string): number[] =>
      recent
        .filter((step) => step.from === status)
        .map((step) => (Date.parse(step.created_at) - Date.parse(step.before?.created_at ?? '')) / 1000),
  };
};

const check = async (): Promise<void> => {
  const all = await lives();
  for (const window of statsWindows) {
    const figures = orderStats.parse(await stats.read(window));
    const { revenue, reasons, stays, ...wanted } = naive(all, figures);
    expect(figures).toMatchObject(wanted);
    expect(figures.buckets.reduce((sum, bucket) => sum + bucket.orders, 0)).toBe(wanted.conversion.placed);
    expect(figures.buckets.reduce((sum, bucket) => sum + (bucket.revenue.USD ?? 0), 0)).toBe(revenue);
    expect(figures.cancellations.total).toBe(reasons.length);
    expect(figures.cancellations.reasons.reduce((sum, one) => sum + one.orders, 0)).toBe(reasons.length);
    for (const { reason, orders: times } of figures.cancellations.reasons)
      expect(reasons.filter((one) => one === reason)).toHaveLength(times);
    for (const { status, p50_seconds, p95_seconds } of figures.statuses) {
      const values = stays(status);
      expect(p50_seconds === null).toBe(values.length === 0);
      // A slot is 4.4 % wide, and the median of few lies somewhere between two of them.
      if (p50_seconds !== null)
        expect(Math.abs(p50_seconds / (nearestRank(values, 0.5) ?? NaN) - 1)).toBeLessThan(0.05);
      if (p95_seconds !== null)
        expect(Math.abs(p95_seconds / (nearestRank(values, 0.95) ?? NaN) - 1)).toBeLessThan(0.05);
    }
  }
};

describe('the figures are those of the orders and their histories', () => {
  test('before anything is summed up', check);

  test('after summing up, by several at once', async () => {
    await Promise.all([rollUp(database), rollUp(database), rollUp(database)]);
    await check();
  });

  test('with steps that came since, and after summing them up, too', async () => {
    const some = (await lives()).filter(({ order }) => order.status === 'pending').slice(0, 3);
    expect(some.length).toBeGreaterThan(0);
    for (const { order } of some)
      await orders.move(order.id, { status: 'cancelled', reason: 'Ordered twice' }, staff, anyVersion);
    await check();
    await rollUp(database);
    await rollUp(database);
    await check();
  });

  test('without moves that were taken back, before and after those were summed up', async () => {
    const pending = (await lives()).filter(({ order }) => order.status === 'pending').map(({ order }) => order.id);
    const [first = '', second = '', third = ''] = pending;
    const move = (id: string, status: OrderStatus) => orders.move(id, { status }, staff, anyVersion);
    const undo = (id: string) => orders.undo(id, {}, staff, { ...anyVersion, key: null });
    await move(first, 'cancelled');
    await move(second, 'confirmed');
    await rollUp(database);
    await rollUp(database);
    await undo(first);
    await undo(second);
    await check();
    await move(second, 'confirmed');
    await move(second, 'preparing');
    await undo(second);
    await move(third, 'confirmed');
    await undo(third);
    await move(third, 'cancelled');
    await check();
    await rollUp(database);
    await rollUp(database);
    await check();
  });

  test('also while a transaction that began before the summing up commits after it', async () => {
    const [{ order } = { order: null }] = (await lives()).filter((life) => life.order.status === 'confirmed');
    if (!order) throw new Error('the demo shop has no confirmed order');
    await database.transaction(async (transaction) => {
      await database.query(
        `INSERT INTO order_status_history (order_id, version, from_status, to_status, actor_name, actor_role, created_at)
         VALUES ($1, $2, 'confirmed', 'preparing', 'Sam Staff', 'staff', now())`,
        { bind: [order.id, order.version + 1], transaction },
      );
      await database.query("UPDATE orders SET status = 'preparing', version = version + 1 WHERE id = $1", {
        bind: [order.id],
        transaction,
      });
      const other = (await lives()).find((life) => life.order.status === 'shipped');
      await orders.move(other?.order.id ?? '', { status: 'delivered' }, staff, anyVersion);
      await rollUp(database);
      await check();
    });
    await check();
    await rollUp(database);
    await check();
  });

  test('after a dump was restored where transactions count from the beginning again', async () => {
    await database.query("UPDATE order_figures_mark SET xid = '999999999999'");
    await rollUp(database);
    await rollUp(database);
    await check();
  });
});

test('every bucket is there, also an empty one, and the last has just begun', async () => {
  const sizes = { '1h': 60, '24h': 24, '7d': 168, '30d': 720 };
  for (const window of statsWindows) {
    const { buckets, bucket, from, as_of } = await stats.read(window);
    const ms = bucket === 'minute' ? 60_000 : 3_600_000;
    expect(buckets.map(({ at }) => Date.parse(at) - Date.parse(from))).toEqual(
      Array.from({ length: sizes[window] }, (_, index) => index * ms),
    );
    const age = Date.parse(as_of) - Date.parse(buckets.at(-1)?.at ?? '');
    expect(age >= 0 && age < ms).toBe(true);
  }
});

test('they are for the team alone, and for a window that there is', async () => {
  const ask = async (token: string | null, query = '') => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await app.request(`/api/orders/stats${query}`, { headers });
    const body: unknown = await answer.json();
    return { status: answer.status, body };
  };
  expect(await ask('staff', '?window=7d')).toMatchObject({ status: 200, body: { window: '7d', bucket: 'hour' } });
  expect(await ask('admin')).toMatchObject({ status: 200, body: { window: '24h' } });
  expect(await ask('customer')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect(await ask(null)).toMatchObject({ status: 401 });
  expect(await ask('staff', '?window=2y')).toMatchObject({
    status: 422,
    body: { code: 'validation_failed', errors: [{ path: 'window' }] },
  });
});
