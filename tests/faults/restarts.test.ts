import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ShopLife } from '../../deploy/local/shop-life.ts';
import { type Stack, startStack } from '../../deploy/local/stack.ts';
import { Api } from '../support/api.ts';
import { Dashboard } from '../support/dashboard.ts';
import { claimTerritory, startSystem, type System } from '../support/system.ts';

let dataDir: string;
let stack: Stack;
let system: System;
let staff: Api;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'live-orders-faults-'));
  // Servers of its own: this test kills them.
  stack = await startStack({ dataDir, durable: false });
  system = await startSystem(await claimTerritory(stack));
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
});

afterAll(async () => {
  await system.stop();
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Kills a server or a part without warning while orders flow, and starts it again. */
const faults: [string, () => Promise<void>][] = [
  ['the bridge', () => system.restart('bridge')],
  ['the gateway', () => system.restart('gateway')],
  ['the orders service', () => system.restart('orders')],
  ['Redis, which loses its data', () => stack.redis.kill().then(() => stack.redis.start())],
  ['Kafka', () => stack.kafka.kill().then(() => stack.kafka.start())],
];

/** A part that ended because a server was away is started again, as its supervisor would. */
const healParts = async (): Promise<void> => {
  for (const part of system.parts.values()) if (part.pid === undefined) await part.start();
};

describe('killed while orders flow, nothing is lost at a connected dashboard', () => {
  test.each(faults)(
    '%s',
    async (_what, injure) => {
      const dashboards = [new Dashboard(staff), new Dashboard(await staff.login('admin@example.com'))];
      await vi.waitFor(
        () => {
          for (const { client } of dashboards) expect(client.state.phase).toBe('live');
        },
        { timeout: 20_000 },
      );
      const written: { id: string; version: number }[] = [];
      const closing = new AbortController();
      const life = new ShopLife({
        gateway: system.gatewayUrl,
        rate: 10,
        seed: 7,
        pace: 0.02,
        onWrite: ({ id, version }) => written.push({ id, version }),
      }).run(closing.signal);
      const writes = (count: number) =>
        vi.waitFor(() => expect(written.length).toBeGreaterThan(count), { timeout: 30_000 });
      await writes(20);
      await injure();
      await writes(written.length + 20);
      closing.abort();
      await life;
      await healParts();

      await vi.waitFor(
        async () => {
          await healParts();
          const truth = (await staff.orders()).sort((a, b) => a.number - b.number);
          for (const dashboard of dashboards) expect(dashboard.shown()).toEqual(truth);
        },
        { timeout: 40_000, interval: 250 },
      );
      const truth = new Map((await staff.orders()).map(({ id, version }) => [id, version]));
      for (const { id, version } of written) expect(truth.get(id)).toBeGreaterThanOrEqual(version);
      for (const { client, applied } of dashboards) {
        expect(new Set(applied).size).toBe(applied.length);
        // Without a new snapshot every single version was seen; with one the client was told that it could not be.
        if (client.counters.snapshots === 1) expect(client.counters.skipped).toBe(0);
      }
      for (const dashboard of dashboards) dashboard.stop();
    },
    90_000,
  );
});
