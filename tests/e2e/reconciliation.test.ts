import { redisKeys } from '@live-orders/contracts/redis/keyspace.ts';
import { ordersHealth, type Reconciliation } from '@live-orders/contracts/rest/health.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';

let system: System;
let database: pg.Client;
let staff: Api;
let dashboard: Dashboard;

beforeAll(async () => {
  const territory = await claimTerritory(inject('servers'));
  system = await startSystem(territory, undefined, { RECONCILE_MINUTES: '0.02' });
  database = new pg.Client({ connectionString: territory.databaseUrl });
  await database.connect();
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
  // An event whose key is in `lost` never reaches the outbox.
  await database.query(`
    CREATE TABLE lost (key text);
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RETURN CASE WHEN EXISTS (SELECT FROM lost WHERE key = NEW.key) THEN NULL ELSE NEW END; END $$;
    CREATE TRIGGER lose BEFORE INSERT ON orders_outbox FOR EACH ROW EXECUTE FUNCTION lose()`);
});

beforeEach(async () => {
  dashboard = new Dashboard(staff);
  await vi.waitFor(() => expect(dashboard.client.state.phase).toBe('live'), { timeout: 20_000 });
});

afterEach(() => dashboard.stop());

afterAll(async () => {
  await database.end();
  await system.stop();
  await system.territory.remove();
});

const last = async () => {
  const answer = await fetch(system.operationsUrl('orders'));
  return ordersHealth.parse(await answer.json()).reconciliation;
};

/** Waits for a comparison that began after this call and finds these figures, which stay until something is repaired. */
const found = async (figures: Partial<Reconciliation>): Promise<void> => {
  const now = Date.now();
  await vi.waitFor(
    async () => {
      const result = await last();
      expect(Date.parse(result?.at ?? '')).toBeGreaterThan(now);
      expect(result).toMatchObject(figures);
    },
    { timeout: 20_000, interval: 50 },
  );
};

const sound = { missing_in_kafka: 0, missing_in_redis: 0, gaps: 0, ahead: 0 };

const place = async (): Promise<Order> => {
  const [product] = await staff.products();
  return staff.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

const shows = (id: string, version: number) =>
  vi.waitFor(() => expect(dashboard.shown().find((order) => order.id === id)?.version).toBe(version), {
    timeout: 20_000,
  });

const placed = async (count: number): Promise<Order[]> => {
  const orders: Order[] = [];
  for (let index = 0; index < count; index += 1) orders.push(await place());
  for (const { id } of orders) await shows(id, 1);
  return orders;
};

describe('a comparison of database, Kafka and Redis', () => {
  test('finds nothing in a sound system', async () => {
    await placed(3);
    await found(sound);
    expect((await last())?.checked).toBeGreaterThan(3);
  });

  test('finds an event that was lost before Kafka, and repairs it at every dashboard', async () => {
    const [order] = await placed(1);
    const id = order?.id ?? '';
    await database.query('INSERT INTO lost VALUES ($1)', [id]);
    await staff.move(id, 'confirmed');
    await found({ ...sound, missing_in_kafka: 1 });
    expect((await staff.order(id)).version).toBe(2);
    expect(dashboard.shown().find((one) => one.id === id)?.version).toBe(1);
    await database.query('DELETE FROM lost');
    await shows(id, 2);
    expect(dashboard.client.counters.snapshots).toBe(1);
    await found(sound);
    expect(system.lines.join('\n')).toContain('orders differ between database, kafka and redis');
  }, 60_000);

  test('finds a message that the log has lost, and sends the order again', async () => {
    // One in each partition comes before, so that the log reaches back beyond the one that is lost.
    const orders = await placed(12);
    const { id = '' } = orders.at(-1) ?? {};
    const { redisHost, redisPort, prefix } = system.territory;
    const redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, createLog('test', 'silent'));
    const { log } = redisKeys(prefix);
    const [entry] = (await redis.xrevrange(log, '+', '-')).filter(([, fields]) => fields.join().includes(id));
    const before = system.lines.length;
    await redis.xdel(log, entry?.[0] ?? '');
    // One comparison finds it, and the next ones find it repaired: the log of the service tells of each.
    await vi.waitFor(
      () => {
        const words = system.lines.slice(before).filter((line) => line.includes('orders differ'));
        expect(words.join()).toMatch(/"missing_in_kafka":0,"missing_in_redis":1,"gaps":0,"ahead":0,"repaired":1,/);
        expect(words.join()).toContain(id);
      },
      { timeout: 20_000 },
    );
    await vi.waitFor(async () => expect(JSON.stringify(await redis.xrange(log, '-', '+'))).toContain(id), {
      timeout: 20_000,
    });
    redis.disconnect();
    await found(sound);
  }, 60_000);

  test('finds a database that is behind what was sent', async () => {
    const [order] = await placed(1);
    await staff.move(order?.id ?? '', 'confirmed');
    await shows(order?.id ?? '', 2);
    await database.query('UPDATE orders SET version = 1 WHERE id = $1', [order?.id]);
    await found({ ...sound, ahead: 1, repaired: 0 });
    const metrics = await (await fetch(`${system.operationsUrl('orders')}/metrics`)).text();
    expect(metrics).toMatch(/^reconciliation_ahead{part="orders"} 1$/m);
  }, 60_000);
});
