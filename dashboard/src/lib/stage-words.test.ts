import type { StreamLag } from '@live-orders/contracts/health.ts';
import { describe, expect, test } from 'vitest';
import { describeStages, explainStale } from './stage-words.ts';

const lag: StreamLag = {
  orders: { depth: 3, oldest_ms: 12_300 },
  users: { depth: 0, oldest_ms: 0 },
  bridge: { records: 1, behind_ms: 400 },
  redis_ms: 2,
  gateway: { backlog_bytes: 1500, loop_ms: 4 },
};

describe('why a page may be old', () => {
  test.each([
    ['orders', lag, 'Changes are written but wait in the outbox, 12 s.'],
    ['orders', { ...lag, orders: null }, 'The orders service does not answer, so changes may be missing here.'],
    ['bridge', lag, 'Changes wait on Kafka for the bridge, 0 s.'],
    ['bridge', null, 'The bridge from Kafka to Redis does not answer, so changes may be missing here.'],
    ['redis', lag, 'The gateway cannot reach Redis, so no changes come through.'],
    [null, lag, 'The server is cut off from its events.'],
  ] as const)('is told for %s', (behind, figures, words) => {
    expect(explainStale(behind, figures)).toBe(words);
  });
});

describe('the figures of the stages', () => {
  test('are told in the order of a change’s way', () => {
    expect(describeStages(lag, 'orders')).toEqual([
      { name: 'Orders outbox', text: '3 changes waiting, 12 s', late: true },
      { name: 'Kafka to Redis', text: '1 record behind, 400 ms', late: false },
      { name: 'Redis', text: 'answers in 2 ms', late: false },
      { name: 'Gateway', text: 'queue 2 KiB, held up 4 ms at most', late: false },
      { name: 'Users outbox', text: 'nothing waits', late: false },
    ]);
  });

  test('mark the stage that does not answer', () => {
    const lines = describeStages({ ...lag, orders: { depth: 0, oldest_ms: 0 }, bridge: null }, 'bridge');
    expect(lines.filter(({ late }) => late)).toEqual([{ name: 'Kafka to Redis', text: 'does not answer', late: true }]);
  });

  test('of a stage that tells none are no cause for alarm', () => {
    const lines = describeStages({ ...lag, orders: null, bridge: null }, null);
    expect(lines.map(({ text }) => text)).toContain('no figures');
    expect(lines.some(({ late }) => late)).toBe(false);
  });
});
