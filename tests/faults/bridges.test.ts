import { gatewayHealth, bridgeHealth } from '@live-orders/contracts/rest/health.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { ensureTopics } from '@live-orders/runtime/kafka/topics.ts';
import { withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { createTestPart, startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';
import { underTraffic } from '@live-orders/test-support/clients/traffic.ts';

let system: System;
let second: Daemon;
let staff: Api;

beforeAll(async () => {
  system = await startSystem(await claimTerritory(inject('servers')));
  const { env } = system.territory;
  second = await startPart({ name: 'bridge', port: await freePort(), env, onLine: () => undefined });
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
});

afterAll(async () => {
  await Promise.all([system.stop(), second.stop()]);
  await system.territory.remove();
});

const lagOf = async ({ port }: Daemon) =>
  bridgeHealth.parse(await (await fetch(`http://127.0.0.1:${port}/`)).json()).lag;

const caughtUp = (daemon: Daemon) =>
  vi.waitFor(
    async () => expect(await lagOf(daemon)).toMatchObject({ records: 0, behind_ms: expect.any(Number) as number }),
    {
      timeout: 30_000,
      interval: 200,
    },
  );

/** Everything that is on Kafka now has been carried by the bridges; under traffic something newer always waits. */
const carriedUntilNow = async (daemon: Daemon): Promise<void> => {
  const now = performance.now();
  await vi.waitFor(
    async () => expect((await lagOf(daemon))?.behind_ms ?? Infinity).toBeLessThan(performance.now() - now),
    { timeout: 30_000, interval: 200 },
  );
};

const carried = async ({ port }: Daemon): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^bridge_records_total{.*outcome="message".*} (\d+)$/m.exec(text)?.[1] ?? 0);
};

const position = async (): Promise<string | null> =>
  gatewayHealth.parse(await (await fetch(system.operationsUrl('gateway'))).json()).position;
const epoch = async () => (await position())?.split(':')[0];

const faults: [string, () => Promise<void>][] = [
  ['is killed', async () => second.kill().then(() => second.start())],
  [
    'is stopped for longer than its session lives, and goes on later',
    async () => {
      const { pid } = second;
      if (pid === undefined) throw new Error('the second bridge is gone');
      process.kill(pid, 'SIGSTOP');
      try {
        // What comes to its partitions waits, until the other bridge has taken them over.
        await vi.waitFor(async () => expect((await lagOf(system.part('bridge')))?.behind_ms).toBeGreaterThan(3_000), {
          timeout: 30_000,
        });
        await carriedUntilNow(system.part('bridge'));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    },
  ],
  [
    'gets a third one beside it, which leaves again',
    async () => {
      const { env } = system.territory;
      const third = createTestPart({ name: 'bridge', port: await freePort(), env, onLine: () => undefined });
      await third.start();
      try {
        await vi.waitFor(async () => expect(await carried(third)).toBeGreaterThan(3), { timeout: 30_000 });
      } finally {
        await third.stop();
      }
    },
  ],
];

describe('of two bridges that share the partitions, nothing is lost, repeated or reordered when one', () => {
  test.each(faults)(
    '%s',
    async (_what, injure) => {
      const dashboard = new Dashboard(staff);
      await vi.waitFor(() => expect(dashboard.client.state.phase).toBe('live'), { timeout: 20_000 });
      const traffic = { gateway: system.gatewayUrl, rate: 15, seed: 9 };
      const written = await underTraffic(traffic, injure);
      await vi.waitFor(
        async () => {
          const truth = (await staff.orders()).sort((a, b) => a.number - b.number);
          expect(dashboard.shown()).toEqual(truth);
        },
        { timeout: 40_000, interval: 250 },
      );
      dashboard.stop();
      const seen = new Map<string, number[]>();
      for (const change of dashboard.applied) {
        const [id = '', version] = change.split('@');
        seen.set(id, [...(seen.get(id) ?? []), Number(version)]);
      }
      const placed = new Map(written.map(({ id, version }) => [id, version]));
      for (const [id, version] of placed) {
        expect(seen.get(id)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
      }
      // One snapshot, at the beginning: everything else came over the stream.
      expect(dashboard.client.counters).toMatchObject({ snapshots: 1, skipped: 0 });
      await caughtUp(system.part('bridge'));
    },
    120_000,
  );
});

test('a transaction that is aborted at the end of a partition looks neither like a loss nor like a lag', async () => {
  const before = await epoch();
  const { kafka } = kafkaOf(system.territory);
  const producer = kafka.producer({ transactionalId: `${system.territory.prefix}test`, maxInFlightRequests: 1 });
  await producer.connect();
  const topic = `${system.territory.prefix}${aggregates.order.topic}`;
  for (let round = 0; round < 2; round += 1) {
    const transaction = await producer.transaction();
    const messages = [0, 1, 2].map((partition) => ({ partition, key: 'aborted', value: 'never seen' }));
    await transaction.send({ topic, messages });
    await transaction.abort();
  }
  await producer.disconnect();
  await caughtUp(system.part('bridge'));
  await Promise.all([system.restart('bridge'), second.kill().then(() => second.start())]);

  const dashboard = new Dashboard(staff);
  const [product] = await staff.products();
  const placed = await staff.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  await vi.waitFor(() => expect(dashboard.shown().map(({ id }) => id)).toContain(placed.id), { timeout: 20_000 });
  dashboard.stop();
  await caughtUp(system.part('bridge'));
  expect(await epoch()).toBe(before);
  expect(system.lines.join('\n')).not.toContain('went to the dead letters');
}, 60_000);

test('a topic that is made anew while bridges run makes everybody resync, and what follows comes', async () => {
  const { kafka, settings } = kafkaOf(system.territory);
  const [product] = await staff.products();
  const place = () => staff.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  await place();
  await caughtUp(system.part('bridge'));
  const before = await epoch();
  const dashboard = new Dashboard(staff);
  await withAdmin(kafka, (admin) =>
    admin.deleteTopics({ topics: [`${system.territory.prefix}${aggregates.order.topic}`] }),
  );
  await ensureTopics(kafka, settings);
  await vi.waitFor(async () => expect(await epoch()).not.toBe(before), { timeout: 30_000, interval: 200 });
  const placed = await place();
  await vi.waitFor(() => expect(dashboard.shown().map(({ id }) => id)).toContain(placed.id), { timeout: 30_000 });
  dashboard.stop();
}, 90_000);
