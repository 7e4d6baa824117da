import { seededRandom } from '@live-orders/contracts/demo.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { connectDatabase } from '@live-orders/runtime/database/database.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { QueryTypes } from 'sequelize';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { auditShop } from '@live-orders/test-support/shop-audit.ts';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { type Answer, TestOrdersService } from '../testing/test-orders-service.ts';

const name = 'crash test';
const kills = 150;
const clients = 8;

let territory: Territory;
let service: TestOrdersService;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, name, 6);
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

/**
 * Ends a connection of the service at a random moment, most of them in a transaction, again and again. Each time some client
 * has had its way since the last, however slow the machine is.
 */
const sabotage = async (random: () => number, successes: () => number): Promise<void> => {
  const saboteur = connectDatabase(territory.databaseUrl, 1, 'saboteur');
  try {
    for (let ended = 0; ended < kills;) {
      const before = successes();
      await vi.waitFor(() => expect(successes()).toBeGreaterThan(before), { timeout: 20_000, interval: 2 });
      await delay(random() * 20);
      const rows = await saboteur.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = $1 AND (xact_start IS NOT NULL OR random() < 0.1) ORDER BY random() LIMIT 1`,
        { bind: [name], type: QueryTypes.SELECT },
      );
      ended += rows.length;
    }
  } finally {
    await saboteur.close();
  }
};

const next: Partial<Record<OrderStatus, OrderStatus[]>> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['preparing', 'cancelled'],
  preparing: ['shipped', 'cancelled'],
  shipped: ['delivered'],
};

/** What the answers of a client promised: orders by id, with their highest version. */
type Promised = Map<string, { version: number; status: OrderStatus }>;

interface Life {
  customer: string;
  staff: string;
  products: string[];
  random: () => number;
  signal: AbortSignal;
  onSuccess: () => void;
}

/** One client's life until the signal: every answer is kept, and what failed is asked again with the same key. */
const live = async ({
  customer,
  staff,
  products,
  random,
  signal,
  onSuccess,
}: Life): Promise<{ promised: Promised; answers: Answer[] }> => {
  const promised: Promised = new Map();
  const answers: Answer[] = [];
  const note = (answer: Answer, wanted: number): Answer => {
    answers.push(answer);
    if (answer.status !== wanted) return answer;
    const { id, version, status } = order.parse(answer.body);
    promised.set(id, { version, status });
    onSuccess();
    return answer;
  };
  while (!signal.aborted) {
    const items = products.filter(() => random() < 0.6).map((product_id) => ({ product_id, quantity: 1 }));
    if (items.length === 0) continue;
    const headers: Record<string, string> = { 'idempotency-key': crypto.randomUUID() };
    const place = () => service.send(customer, 'POST', '/orders', { items }, headers);
    let placed = note(await place(), 201);
    // Whoever gets no answer does not know whether the order exists; the key makes asking again safe.
    for (let tries = 0; placed.status === 503 && tries < 20; tries += 1) placed = note(await place(), 201);
    if (placed.status !== 201) continue;
    const { id } = order.parse(placed.body);
    for (let steps = 0; steps < 4; steps += 1) {
      const ways = next[promised.get(id)?.status ?? 'cancelled'] ?? [];
      const status = ways[Math.floor(random() * ways.length)];
      if (!status) break;
      note(await service.send(staff, 'PATCH', `/orders/${id}/status`, { status }), 200);
    }
  }
  return { promised, answers };
};

test('connections that break at any moment lose nothing that was answered, and nothing half-done is left', async () => {
  const random = seededRandom(5);
  const [admin, staff] = [service.admit('admin'), service.admit('staff')];
  const products = (await Promise.all([1, 2, 3].map(() => service.stockProduct(admin, 5_000)))).map(({ id }) => id);
  const stop = new AbortController();
  let successes = 0;
  const lives = Array.from({ length: clients }, () =>
    live({
      customer: service.admit('customer'),
      staff,
      products,
      random,
      signal: stop.signal,
      onSuccess: () => (successes += 1),
    }),
  );
  await sabotage(random, () => successes).finally(() => stop.abort());
  const told = await Promise.all(lives);

  expect(await auditShop(territory.databaseUrl)).toEqual({});
  const answers = told.flatMap((one) => one.answers);
  // A step whose answer was lost may have been taken: then the next try finds the order moved already.
  const strange = answers.filter(({ status }) => ![200, 201, 409, 503].includes(status));
  expect(strange).toEqual([]);
  expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(10);
  const rows = await service.database.query<{ id: string; version: number; keys: number }>(
    `SELECT o.id, o.version, (SELECT count(*)::int FROM idempotency_keys k WHERE k.body->>'id' = o.id::text) AS keys
     FROM orders o`,
    { type: QueryTypes.SELECT },
  );
  const stored = new Map(rows.map(({ id, version }) => [id, version]));
  const promised = told.flatMap((one) => [...one.promised]);
  expect(promised.length).toBeGreaterThan(50);
  for (const [id, { version }] of promised) expect(stored.get(id)).toBeGreaterThanOrEqual(version);
  // Every order came by a key, so none was placed twice by a repeated request.
  expect(rows.filter(({ keys }) => keys !== 1)).toEqual([]);
}, 60_000);
