import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { healthTogether, metricsTogether } from './together.ts';

const page = (own: Partial<GatewayHealth>): GatewayHealth => ({
  name: 'gateway',
  version: '1',
  position: 'e:7',
  live: true,
  behind: null,
  lag: { orders: null, users: null, bridge: null, redis_ms: 1, gateway: { backlog_bytes: 0, loop_ms: 0 } },
  fresh_at: '2026-01-01T00:00:02.000Z',
  clients: 3,
  max_clients: 10,
  dependencies: { redis: 'up', bridge: 'up' },
  ...own,
});

test('clients are added up, and the stream is told as it is at the process that is worst off', () => {
  const late = page({ live: false, behind: 'redis', clients: 4, fresh_at: '2026-01-01T00:00:03.000Z' });
  const older = page({ position: 'e:6', fresh_at: '2026-01-01T00:00:01.000Z' });
  expect(healthTogether([page({}), late, page({})])).toMatchObject({ live: false, behind: 'redis', clients: 10 });
  expect(healthTogether([page({}), older])).toMatchObject({ position: 'e:6', clients: 6, max_clients: 20 });
  expect(healthTogether([page({}), page({ fresh_at: null })]).fresh_at).toBeNull();
});

test('what is down for one process is down, and so is a process that does not answer', () => {
  const cut = page({ dependencies: { redis: 'down', bridge: 'up' } });
  expect(healthTogether([page({}), null, cut]).dependencies).toEqual({
    ...{ redis: 'down', bridge: 'up' },
    ...{ 'process 1': 'up', 'process 2': 'down', 'process 3': 'up' },
  });
  expect(() => healthTogether([null, null])).toThrow('No process of this gateway answers.');
});

test('each process keeps its own figures, also those that have no value', async () => {
  const registers = ['1', '2'].map((process) => {
    const registry = new Registry();
    registry.setDefaultLabels({ process });
    new Counter({ name: 'asked_total', help: 'Asked', labelNames: ['how'], registers: [registry] }).inc(
      { how: 'well' },
      Number(process),
    );
    new Gauge({ name: 'age', help: 'Age', registers: [registry], aggregator: 'omit' }).set(NaN);
    return registry;
  });
  const text = await metricsTogether(await Promise.all(registers.map((one) => one.getMetricsAsJSON())));
  expect(text.split('\n').filter((line) => line !== '')).toEqual([
    ...['# HELP asked_total Asked', '# TYPE asked_total counter'],
    ...['asked_total{how="well",process="1"} 1', 'asked_total{how="well",process="2"} 2'],
    ...['# HELP age Age', '# TYPE age gauge', 'age{process="1"} Nan', 'age{process="2"} Nan'],
  ]);
});
