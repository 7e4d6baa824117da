import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextBatch, type OutboxRow, readNote } from './outbox-row.ts';

const row = (id: number | bigint, value = '{}'): OutboxRow => ({
  ...{ id: String(id), event_id: crypto.randomUUID(), type: 'order.created', topic: 'orders.v1', key: 'key', value },
  ...{ created_at: new Date(), request_id: null, traceparent: null },
});

describe('a batch', () => {
  test('is noted so that its rows are known by the note, whatever ids are left out', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 62n }), gaps, (first, steps) => {
        let id = first;
        const rows = steps.map((step) => row((id += BigInt(step))));
        const { batch, note } = nextBatch(rows);
        expect(batch).toEqual(rows);
        expect(readNote(note)?.ids).toEqual(rows.map((one) => one.id));
      }),
    );
  });

  test('ends before Kafka would refuse it as too large, and has one row at least', () => {
    const rows = [row(1, 'x'.repeat(400_000)), row(2, 'x'.repeat(400_000)), row(3)];
    expect(nextBatch(rows).batch).toHaveLength(1);
    expect(nextBatch([row(1, 'x'.repeat(900_000)), row(2)]).batch).toHaveLength(1);
  });

  test('of an earlier release, whose note names each id, is known too', () => {
    expect(readNote('0cc175b9c0f1b6a831c399e269772661 7,8,12')?.ids).toEqual(['7', '8', '12']);
  });
});
