import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { connectDatabase } from '@live-orders/runtime/database/database.ts';
import { QueryTypes } from 'sequelize';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { auditShop } from '@live-orders/test-support/shop-audit.ts';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { type Answer, TestOrdersService } from '../testing/test-orders-service.ts';

const clients = 64;

let territory: Territory;
let service: TestOrdersService;
let admin: string;
let staff: string;
let customers: string[];

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, 'race test', 12);
  admin = service.admit('admin');
  staff = service.admit('staff');
  customers = Array.from({ length: clients }, () => service.admit('customer'));
});

afterEach(async () => {
  expect(await auditShop(territory.databaseUrl)).toEqual({});
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

/** How many answers there were of each status. */
const tally = (answers: Answer[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const stockOf = async (id: string): Promise<unknown> => (await service.send(staff, 'GET', `/products/${id}`)).body;

describe('64 clients race', () => {
  test('for the last 20 units: 20 are sold, the rest is refused', async () => {
    const { id } = await service.stockProduct(admin, 20);
    const items = [{ product_id: id, quantity: 1 }];
    const answers = await Promise.all(customers.map((one) => service.send(one, 'POST', '/orders', { items })));
    expect(tally(answers)).toEqual({ 201: 20, 409: clients - 20 });
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body)).toEqual(
      Array.from({ length: clients - 20 }, () => expect.objectContaining({ code: 'insufficient_stock' }) as unknown),
    );
    expect(await stockOf(id)).toMatchObject({ stock: 0 });
  });

  test('for unequal amounts of three products, with keys and in opposing order of lines', async () => {
    const products = await Promise.all([30, 25, 40].map((stock) => service.stockProduct(admin, stock)));
    const answers = await Promise.all(
      customers.flatMap((one, index) => {
        const lines = products.map(({ id }, at) => ({ product_id: id, quantity: 1 + ((index + at) % 3) }));
        const items = index % 2 === 0 ? lines : lines.toReversed();
        const twin = () => service.send(one, 'POST', '/orders', { items }, { 'idempotency-key': 'race' });
        return [twin(), twin()];
      }),
    );
    const { 201: sold = 0, 409: refused = 0 } = tally(answers);
    expect(sold + refused).toBe(clients * 2);
    // Six units go with each order, and what is left of one product is too little for anybody.
    const placed = answers.filter(({ status }) => status === 201).map(({ body }) => order.parse(body));
    expect(new Set(placed.map(({ id }) => id)).size).toBe(sold / 2);
    const left = await Promise.all(products.map(({ id }) => stockOf(id)));
    expect(left).toContainEqual(expect.objectContaining({ stock: expect.toSatisfy((stock) => stock < 3) as number }));
  });
});

describe('crossing changes of the same orders and products', () => {
  test('all get an answer, and never a failure of the database', async () => {
    const products = await Promise.all([500, 500, 500, 500].map((stock) => service.stockProduct(admin, stock)));
    const lines = products.map(({ id }) => ({ product_id: id, quantity: 1 }));
    const crosswise = (index: number) => (index % 2 === 0 ? lines : lines.toReversed());
    for (let round = 0; round < 3; round += 1) {
      const orders: Order[] = await Promise.all(
        customers.slice(0, 24).map((one, index) => service.place(one, crosswise(index))),
      );
      const targets = orders.map(({ id }) => ({ id }));
      const bulk = (list: { id: string }[], status: string) =>
        service.send(staff, 'POST', '/orders/bulk-status', { orders: list, status });
      const answers = await Promise.all([
        bulk(targets, 'confirmed'),
        bulk(targets.toReversed(), 'cancelled'),
        ...orders.map(({ id, customer_id }) =>
          service.send(customer_id, 'PATCH', `/orders/${id}/status`, { status: 'cancelled' }),
        ),
        bulk(targets.toReversed(), 'confirmed'),
        bulk(targets, 'cancelled'),
        ...customers
          .slice(24, 48)
          .map((one, index) => service.send(one, 'POST', '/orders', { items: crosswise(index + 1) })),
        ...products.map(({ id }) => service.send(admin, 'POST', `/products/${id}/stock`, { change: 3 })),
      ]);
      expect(Object.keys(tally(answers)).filter((status) => !['200', '201', '409'].includes(status))).toEqual([]);
      // Cancelled by somebody: the last bulk move leaves none that could still be.
      const states = await Promise.all(targets.map(({ id }) => service.send(staff, 'GET', `/orders/${id}`)));
      expect(new Set(states.map(({ body }) => order.parse(body).status))).toEqual(new Set(['cancelled']));
    }
  });
});

describe('a deadlock with somebody who locks products the other way round', () => {
  test('is tried again, and the client never sees it', async () => {
    const products = await Promise.all([service.stockProduct(admin, 9), service.stockProduct(admin, 9)]);
    const [first, second] = products.map(({ id }) => id).sort();
    if (!first || !second) throw new Error('two products');
    const rival = connectDatabase(territory.databaseUrl, 2, 'rival');
    const select = (sql: string): Promise<{ n: number }[]> =>
      rival.query<{ n: number }>(sql, { type: QueryTypes.SELECT });
    const deadlocks = async (): Promise<number | undefined> =>
      (await select('SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()'))[0]?.n;
    const waiting = `SELECT 1 AS n FROM pg_stat_activity
      WHERE application_name = 'race test' AND wait_event_type = 'Lock'`;
    try {
      const before = (await deadlocks()) ?? 0;
      const transaction = await rival.transaction();
      const lock = (id: string) =>
        rival.query('SELECT FROM products WHERE id = $1 FOR UPDATE', { bind: [id], transaction });
      // The server ends the transaction whose patience is over first: never the rival's.
      await rival.query("SET LOCAL deadlock_timeout = '1h'", { transaction });
      await lock(second);
      const items = [first, second].map((id) => ({ product_id: id, quantity: 1 }));
      const placing = service.send(customers[0] ?? '', 'POST', '/orders', { items });
      await vi.waitFor(async () => expect(await select(waiting)).toHaveLength(1), { timeout: 20_000 });
      await lock(first);
      await transaction.commit();
      expect((await placing).status).toBe(201);
      await vi.waitFor(async () => expect(await deadlocks()).toBe(before + 1), { timeout: 20_000 });
      expect(await stockOf(first)).toMatchObject({ stock: 8 });
    } finally {
      await rival.close();
    }
  });
});
