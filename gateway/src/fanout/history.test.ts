import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, History } from './history.ts';

const entry = (seq: number, text = 'x'): Entry => ({
  seq,
  deliveries: [{ to: 'team', text, subject: 'none', terminal: false }],
});

const filled = (count: number, { entries = 100, chars = 10_000, from = 0 } = {}): History => {
  const history = new History(entries, chars);
  history.reset({ epoch: 'e', seq: from });
  for (let seq = from + 1; seq <= from + count; seq += 1) history.push(entry(seq));
  return history;
};

describe('history', () => {
  test('gives everything after a place, or nothing at all', () => {
    const history = filled(10, { entries: 5 });
    expect(history.after(5)?.map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
    expect(history.after(10)).toEqual([]);
    expect(history.after(4)).toBeNull();
    expect(history.after(11)).toBeNull();
  });

  test('refuses an event with one missing before it', () => {
    expect(() => filled(3).push(entry(5))).toThrow('expected seq 4, got 5');
  });

  test('is bounded by the length of its texts too', () => {
    const history = new History(1000, 100);
    history.reset({ epoch: 'e', seq: 0 });
    for (let seq = 1; seq <= 10; seq += 1) history.push(entry(seq, 'x'.repeat(30)));
    expect(history.oldest).toBe(8);
  });

  test('of no length still knows its place', () => {
    const history = filled(3, { entries: 0 });
    expect(history.position).toEqual({ epoch: 'e', seq: 3 });
    expect(history.after(3)).toEqual([]);
    expect(history.after(2)).toBeNull();
  });

  test('never recovers in part, whatever was pushed and dropped', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(60), fc.nat(20), fc.nat(140), (from, count, entries, since) => {
        const recovered = filled(count, { entries, from })
          .after(since)
          ?.map(({ seq }) => seq);
        const head = from + count;
        if (since < head - Math.min(entries, count) || since > head) expect(recovered).toBeUndefined();
        else expect(recovered).toEqual(Array.from({ length: head - since }, (_, index) => since + 1 + index));
      }),
    );
  });
});
