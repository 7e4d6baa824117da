import type { Order } from '@live-orders/contracts/orders.ts';
import { serviceHealth } from '@live-orders/contracts/health.ts';
import type { Daemon } from '../../deploy/local/daemon.ts';
import { startPart } from '../../deploy/local/part.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { ShopLife } from '../../deploy/local/shop-life.ts';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { Api } from '../support/api.ts';
import { claimTerritory, startSystem, type System } from '../support/system.ts';
import { orderVersions } from '../support/topic.ts';

let system: System;
/** Takes no requests; it came first, so it leads. */
let first: Daemon;
let staff: Api;

beforeAll(async () => {
  const territory = await claimTerritory(inject('servers'));
  first = await startPart({ name: 'orders', port: await freePort(), env: territory.env, onLine: () => undefined });
  await leads(first);
  system = await startSystem(territory);
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
});

afterAll(async () => {
  await Promise.all([system.stop(), first.stop()]);
  await system.territory.remove();
});

const healthOf = async ({ port }: Daemon) =>
  serviceHealth.parse(await (await fetch(`http://127.0.0.1:${port}/api`)).json());

const leads = (daemon: Daemon) =>
  vi.waitFor(async () => expect((await healthOf(daemon)).dependencies.relay).toBe('leading'), {
    timeout: 20_000,
    interval: 50,
  });

const signal = ({ pid }: Daemon, name: NodeJS.Signals): void => {
  if (pid === undefined) throw new Error('the process is gone');
  process.kill(pid, name);
};

/** Orders flow while `injure` works; then every event of every order is in Kafka once, in the order of versions. */
const underTraffic = async (injure: (writes: (count: number) => Promise<void>) => Promise<void>): Promise<void> => {
  const written: Order[] = [];
  const closing = new AbortController();
  const life = new ShopLife({
    gateway: system.gatewayUrl,
    rate: 20,
    seed: 5,
    pace: 0.02,
    onWrite: (order) => written.push(order),
  }).run(closing.signal);
  const writes = async (count: number): Promise<void> => {
    const before = written.length;
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(before + count), { timeout: 30_000 });
  };
  await writes(20);
  await injure(writes);
  await writes(20);
  closing.abort();
  await life;
  await vi.waitFor(async () => expect((await healthOf(system.part('orders'))).outbox?.depth).toBe(0), {
    timeout: 10_000,
  });
  const versions = await orderVersions(system.territory);
  for (const { id, version } of await staff.orders()) {
    expect(versions.get(id)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  }
};

describe('another orders service carries the outbox on, each event once and in order, when the one that led', () => {
  test('is stopped in mid-work, and goes on later without knowing', async () => {
    await underTraffic(async (writes) => {
      signal(first, 'SIGSTOP');
      try {
        await leads(system.part('orders'));
        await writes(20);
      } finally {
        signal(first, 'SIGCONT');
      }
      await vi.waitFor(async () => expect((await healthOf(first)).dependencies.relay).toBe('standby'), {
        timeout: 20_000,
      });
    });
    expect(system.lines.join('\n')).toContain('the leader hangs');
  }, 90_000);

  test('is killed', async () => {
    await underTraffic(async (writes) => {
      await system.restart('orders');
      await leads(first);
      await writes(20);
      await first.kill();
      await leads(system.part('orders'));
      await first.start();
    });
  }, 90_000);
});
