import { afterAll, expect, vi } from 'vitest';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { ShopLife } from '@live-orders/local/traffic/shop-life.ts';
import { type Api } from '@live-orders/test-support/clients/api.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { gatewayReady, type System } from '@live-orders/test-support/system/system.ts';

/** The system's own gateway takes the orders; dashboards are at two more, which are restarted one after the other. */
let system: System;
const gateways: Daemon[] = [];
let staff: Api;

test.beforeAll(async ({ shop }) => {
  ({ system, staff } = shop);
  for (let count = 0; count < 2; count += 1) {
    const port = await freePort();
    const env = {
      ...system.territory.env,
      ...system.addresses,
      // So little memory that a client which was away for a moment is served from the log.
      HISTORY_LENGTH: count === 0 ? '1' : '5000',
    };
    const onLine = (line: string): void => void system.lines.push(`gateway ${count}: ${line}`);
    gateways.push(await startPart({ name: 'gateway', port, env, onLine }));
  }
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
});

const isLive = ({ client }: Dashboard): boolean => client.state.phase === 'live';
const soon = { timeout: 20_000, interval: 50 };

test('a rolling restart of gateways under traffic leaves no gap, applies nothing twice, and needs no snapshot', async () => {
  const before = system.lines.length;
  const urls = gateways.map(({ port }) => `http://127.0.0.1:${port}`);
  await Promise.all(urls.map(gatewayReady));
  const dashboards = Array.from({ length: 20 }, (_none, index) => {
    const [one = '', other = ''] = urls;
    return new Dashboard(staff, index % 2 === 0 ? [one, other] : [other, one]);
  });
  await vi.waitFor(() => expect(dashboards.every(isLive)).toBe(true), soon);
  let written = 0;
  const closing = new AbortController();
  const life = new ShopLife({
    gateway: system.gatewayUrl,
    rate: 20,
    seed: 11,
    pace: 0.02,
    onWrite: () => (written += 1),
  }).run(closing.signal);
  const writes = (count: number) => vi.waitFor(() => expect(written).toBeGreaterThan(count), soon);

  await writes(20);
  for (const [index, gateway] of gateways.entries()) {
    expect(await gateway.stop()).toBe(true);
    await vi.waitFor(() => expect(dashboards.every(isLive)).toBe(true), soon);
    await writes(written + 10);
    await gateway.start();
    await gatewayReady(urls[index] ?? '');
  }
  await writes(written + 10);
  closing.abort();
  await life;

  const truth = (await staff.orders()).sort((a, b) => a.number - b.number);
  await vi.waitFor(() => {
    for (const dashboard of dashboards) expect(dashboard.shown()).toEqual(truth);
  }, soon);
  for (const { client, applied, resyncs } of dashboards) {
    expect(resyncs).toEqual([]);
    expect(client.counters).toMatchObject({ snapshots: 1, skipped: 0, merged: 0 });
    expect(new Set(applied).size).toBe(applied.length);
    client.stop();
  }
  const moved = dashboards.filter(({ client }) => client.counters.connections > 1);
  expect(moved).toHaveLength(dashboards.length);
  expect(system.lines.slice(before).filter((line) => /"level":(50|60)|did not stop/.test(line))).toEqual([]);
}, 120_000);
