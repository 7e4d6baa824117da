import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@live-orders/contracts/demo.ts';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { ShopLife } from '@live-orders/local/traffic/shop-life.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { auditShop } from '@live-orders/test-support/shop-audit.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';

const kills = 8;

let system: System;

beforeAll(async () => {
  // Kafka is out of reach on purpose: the outbox then keeps every event, and can be compared with the orders.
  const parts = ['users', 'orders', 'gateway'] as const;
  system = await startSystem(await claimTerritory(inject('servers')), [...parts], { KAFKA_BROKERS: '127.0.0.1:1' });
});

afterAll(async () => {
  await system.stop();
  await system.territory.remove();
});

/** Transactions of a killed process that the server has not ended yet. */
const openTransactions = async (): Promise<number> => {
  const client = new pg.Client({ connectionString: system.territory.databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`,
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
};

test('an orders service that is killed between any two statements leaves whole orders, and all that it answered', async () => {
  const random = seededRandom(11);
  const written = new Map<string, number>();
  const closing = new AbortController();
  const life = new ShopLife({
    gateway: system.gatewayUrl,
    rate: 80,
    seed: 3,
    pace: 0.005,
    onWrite: ({ id, version }) => written.set(id, Math.max(version, written.get(id) ?? 0)),
  });
  const running = life.run(closing.signal);
  for (let round = 0; round < kills; round += 1) {
    const before = life.placed + life.moved;
    await vi.waitFor(() => expect(life.placed + life.moved).toBeGreaterThan(before + 15), { timeout: 20_000 });
    // A random moment, so that kills fall between any two statements; what is asserted holds at each of them.
    await delay(random() * 50);
    await system.restart('orders');
  }
  closing.abort();
  await running;
  await vi.waitFor(async () => expect(await openTransactions()).toBe(0), { timeout: 20_000 });

  expect(await auditShop(system.territory.databaseUrl)).toEqual({});
  const staff = await new Api(system.gatewayUrl).login('staff@example.com');
  const stored = new Map((await staff.orders()).map(({ id, version }) => [id, version]));
  expect(written.size).toBeGreaterThan(kills * 5);
  for (const [id, version] of written) expect(stored.get(id)).toBeGreaterThanOrEqual(version);
}, 90_000);
