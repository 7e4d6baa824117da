import type { StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { describe, expect, test } from 'vitest';
import { describeStages } from './stage-words.ts';

const lag: StreamLag = {
  orders: { depth: 3, oldest_ms: 12_300 },
  users: { depth: 0, oldest_ms: 0 },
  bridge: { records: 1, behind_ms: 400 },
  redis_ms: 2,
  gateway: { backlog_bytes: 1500, loop_ms: 4 },
};

describe('the figures of the stages', () => {
  test('are told in the order of a change’s way', () => {
    expect(describeStages(lag, 'orders')).toEqual([
      { name: 'Orders outbox', text: '3 changes waiting, 12 s', late: true },
      { name: 'Kafka to Redis', text: '1 record behind, 400 ms', late: false },
      { name: 'Redis', text: 'answers in 2 ms', late: false },
      { name: 'Gateway', text: 'queue 2 KiB, held up to 4 ms', late: false },
      { name: 'Users outbox', text: 'nothing waits', late: false },
    ]);
  });

  test('are told in spans that can be read, however long they are', () => {
    const slow = { ...lag, redis_ms: 2_900, gateway: { backlog_bytes: 0, loop_ms: 17_000 } };
    const texts = describeStages(slow, null).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['answers in 2.9 s', 'queue empty, held up to 17 s']));
  });

  test('have their places before the first of them has come', () => {
    const lines = describeStages(null, null);
    expect(lines.map(({ name }) => name)).toEqual(describeStages(lag, null).map(({ name }) => name));
    expect(lines.every(({ text, late }) => text === 'no figures yet' && !late)).toBe(true);
  });

  test('say of the stage that is behind without figures that it is not known', () => {
    const lines = describeStages({ ...lag, orders: { depth: 0, oldest_ms: 0 }, bridge: null }, 'bridge');
    expect(lines.filter(({ late }) => late)).toEqual([{ name: 'Kafka to Redis', text: 'not known', late: true }]);
  });

  test('of a stage that tells none are no cause for alarm', () => {
    const lines = describeStages({ ...lag, orders: null, bridge: null }, null);
    expect(lines.map(({ text }) => text)).toContain('no figures');
    expect(lines.some(({ late }) => late)).toBe(false);
  });
});
