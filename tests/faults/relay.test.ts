import { serviceHealth } from '@live-orders/contracts/rest/health.ts';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';
import { orderVersions } from '@live-orders/test-support/clients/topic.ts';
import { underTraffic, type Writes } from '@live-orders/test-support/clients/traffic.ts';

let system: System;
/** Takes no requests; it came first, so it leads. */
let first: Daemon;
let firstUrl: string;
let staff: Api;

beforeAll(async () => {
  const territory = await claimTerritory(inject('servers'));
  const [port, opsPort] = [await freePort(), await freePort()];
  firstUrl = `http://127.0.0.1:${opsPort}`;
  first = await startPart({ name: 'orders', port, opsPort, env: territory.env, onLine: () => undefined });
  await leads(firstUrl);
  system = await startSystem(territory);
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
});

afterAll(async () => {
  await Promise.all([system.stop(), first.stop()]);
  await system.territory.remove();
});

const healthAt = async (operationsUrl: string) => serviceHealth.parse(await (await fetch(operationsUrl)).json());

const leads = (operationsUrl: string) =>
  vi.waitFor(async () => expect((await healthAt(operationsUrl)).dependencies.relay).toBe('leading'), {
    timeout: 20_000,
    interval: 50,
  });

const signal = ({ pid }: Daemon, name: NodeJS.Signals): void => {
  if (pid === undefined) throw new Error('the process is gone');
  process.kill(pid, name);
};

/** Orders flow while `injure` works; then every event of every order is in Kafka once, in the order of versions. */
const carriesOn = async (injure: (writes: Writes) => Promise<void>): Promise<void> => {
  await underTraffic({ gateway: system.gatewayUrl, rate: 20, seed: 5 }, injure);
  await vi.waitFor(async () => expect((await healthAt(system.operationsUrl('orders'))).outbox?.depth).toBe(0), {
    timeout: 20_000,
  });
  const versions = await orderVersions(system.territory);
  for (const { id, version } of await staff.orders()) {
    expect(versions.get(id)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  }
};

describe('another orders service carries the outbox on, each event once and in order, when the one that led', () => {
  test('is stopped in mid-work, and goes on later without knowing', async () => {
    await carriesOn(async (writes) => {
      signal(first, 'SIGSTOP');
      try {
        await leads(system.operationsUrl('orders'));
        await writes(20);
      } finally {
        signal(first, 'SIGCONT');
      }
      await vi.waitFor(async () => expect((await healthAt(firstUrl)).dependencies.relay).toBe('standby'), {
        timeout: 20_000,
      });
    });
    expect(system.lines.join('\n')).toContain('the leader hangs');
  }, 90_000);

  test('is killed', async () => {
    await carriesOn(async (writes) => {
      await system.restart('orders');
      await leads(firstUrl);
      await writes(20);
      await first.kill();
      await leads(system.operationsUrl('orders'));
      await first.start();
    });
  }, 90_000);
});
