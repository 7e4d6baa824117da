import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

const times = (ms: number) => ({
  committed: '2026-03-14T09:26:53.000Z',
  sent: new Date(Date.parse('2026-03-14T09:26:53.000Z') + ms).toISOString(),
});

test('latency is the median and the 95th percentile of the newest 200 changes', () => {
  const latencies = new Latencies();
  expect(latencies.summary).toBeNull();
  for (let ms = 1; ms <= 100; ms += 1) latencies.add(times(ms));
  expect(latencies.summary).toEqual({ changes: 100, p50: 50, p95: 95 });
  for (let n = 0; n < 200; n += 1) latencies.add(times(7));
  expect(latencies.summary).toEqual({ changes: 200, p50: 7, p95: 7 });
});

test('latency leaves out what does not say when it was sent, and is never negative', () => {
  const latencies = new Latencies();
  latencies.add({ committed: '2026-03-14T09:26:53.000Z' });
  expect(latencies.summary).toBeNull();
  latencies.add(times(-30));
  expect(latencies.summary).toEqual({ changes: 1, p50: 0, p95: 0 });
});
