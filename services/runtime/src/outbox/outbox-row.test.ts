import { describe, expect, test } from 'vitest';
import { nextBatch, type OutboxRow } from './outbox-row.ts';

const row = (id: number, value = '{}'): OutboxRow => ({
  ...{ id: String(id), event_id: crypto.randomUUID(), type: 'order.created', topic: 'orders.v1', key: 'key', value },
  ...{ created_at: new Date(), request_id: null, traceparent: null },
});

describe('a batch', () => {
  test('ends before Kafka would refuse it as too large, and has one row at least', () => {
    const rows = [row(1, 'x'.repeat(400_000)), row(2, 'x'.repeat(400_000)), row(3)];
    expect(nextBatch(rows)).toHaveLength(1);
    expect(nextBatch([row(1, 'x'.repeat(900_000)), row(2)])).toHaveLength(1);
  });
});
