import { expect, test } from 'vitest';
import { isFinal, movesOf, type OrderStatus, usualSteps } from './order-status.ts';

test('an order that all goes well with can take each status after the one before it, by staff, to the end', () => {
  let from: OrderStatus = 'pending';
  for (const to of usualSteps) {
    expect(movesOf('staff', from)).toContain(to);
    from = to;
  }
  expect(isFinal(from)).toBe(true);
});
