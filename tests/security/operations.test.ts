import { bridgeHealth, gatewayHealth, ordersHealth, serviceHealth } from '@live-orders/contracts/rest/health.ts';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';
import { describe, expect, vi } from 'vitest';

let system: System;

test.beforeAll(({ shop }) => {
  ({ system } = shop);
});

const tells = [
  ['users', serviceHealth],
  ['orders', ordersHealth],
  ['bridge', bridgeHealth],
  ['gateway', gatewayHealth],
] as const;

test.each(tells)('%s tells operators its health and its figures', async (name, schema) => {
  const url = system.operationsUrl(name);
  expect(schema.parse(await (await fetch(url)).json())).toMatchObject({ name });
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await metrics.text()).toMatch(new RegExp(`^process_cpu_seconds_total\\{part="${name}"\\} `, 'm'));
});

test('a bridge that has carried nothing yet counts nothing of every outcome, so that the first is an increase', async () => {
  await system.beside('bridge', { KAFKA_BROKERS: '127.0.0.1:1' }, async (url) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const counts = [...metrics.matchAll(/^bridge_records_total\{.*outcome="(\w+)".*\} (.+)$/gm)];
    expect(counts.map(([, outcome, count]) => [outcome, count])).toEqual([
      ['message', '0'],
      ['ignored', '0'],
      ['dead', '0'],
    ]);
  });
});

test('a gateway tells in figures whether the stream is live, how old it is, and what answers behind it', async () => {
  const figures = async (url: string) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return new Map(
      [...metrics.matchAll(/^(gateway_\w+)\{(?:name="(\w+)",)?part="gateway"\} (.+)$/gm)].map(
        ([, metric, name, figure]) => [name ? `${metric} ${name}` : metric, Number(figure)],
      ),
    );
  };
  const url = system.operationsUrl('gateway');
  await vi.waitFor(async () => expect((await figures(url)).get('gateway_stream_live')).toBe(1), 20_000);
  const live = await figures(url);
  expect(live.get('gateway_stream_age_ms')).toBeLessThan(60_000);
  for (const name of ['redis', 'users', 'orders', 'bridge']) expect(live.get(`gateway_dependency_up ${name}`)).toBe(1);
  const nowhere = 'http://127.0.0.1:1';
  await system.beside('gateway', { BRIDGE_URL: nowhere }, async (_url, operationsUrl) => {
    const behind = await figures(operationsUrl);
    expect(behind.get('gateway_stream_live')).toBe(0);
    expect(behind.get('gateway_stream_age_ms')).toBeNaN();
    expect(behind.get('gateway_dependency_up bridge')).toBe(0);
  });
});

describe.each([
  ['users', '/api'],
  ['orders', '/api'],
  ['gateway', '/'],
] as const)('the port of %s that others reach', (name, path) => {
  const publicUrl = (): string => `http://127.0.0.1:${system.part(name).port}`;

  test('says that it runs, and no more, whoever asks', async ({ shop }) => {
    const authorization = `Bearer ${shop.admin.session?.access_token}`;
    for (const headers of [{}, { authorization }])
      expect(await (await fetch(`${publicUrl()}${path}`, { headers })).json()).toEqual({ name, status: 'up' });
  });

  test('has no figures', async () => {
    expect((await fetch(`${publicUrl()}/metrics`)).status).toBe(404);
  });
});

/** Every address of this machine's loopback network reaches a server that listens on all addresses, and only that. */
const fromElsewhere = (url: string): Promise<number> =>
  fetch(url.replace('127.0.0.1', '127.0.0.2')).then(
    ({ status }) => status,
    () => 0,
  );

test.each<PartName>(['users', 'orders', 'bridge', 'gateway'])(
  'operators of %s are told on this machine alone, also when others may call it',
  async (name) => {
    await system.beside(name, { HOST: '0.0.0.0' }, async (url, operationsUrl) => {
      const [open, closed] = name === 'bridge' ? [null, url] : [url, operationsUrl];
      if (open) expect(await fromElsewhere(open)).toBeGreaterThan(0);
      expect(await fromElsewhere(closed)).toBe(0);
      expect((await fetch(closed)).status).toBe(200);
    });
  },
);
