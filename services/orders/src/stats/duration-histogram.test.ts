import { nearestRank } from '@live-orders/contracts/nearest-rank.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentile, slotsPerDoubling } from './duration-histogram.ts';

const slotOf = (seconds: number): number => Math.floor(slotsPerDoubling * Math.log2(1 + seconds));

test('a percentile is as near as its slot is wide', () => {
  const durations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95), (values, share) => {
      const counts = [...Map.groupBy(values, slotOf)].map(([slot, list]) => ({ slot, count: list.length }));
      const exact = nearestRank(values, share) ?? NaN;
      const found = percentile(counts, share) ?? NaN;
      // One more second on both sides: slots are that of the time plus one second, so that they begin at none.
      expect(Math.abs((found + 1) / (exact + 1) - 1)).toBeLessThan(2 ** (1 / slotsPerDoubling) - 1 + 0.001);
    }),
  );
});

test('of no times there is no percentile', () => {
  expect(percentile([], 0.5)).toBeNull();
});
