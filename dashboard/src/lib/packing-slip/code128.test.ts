import { BitArray, Code128Reader } from '@zxing/library';
import { expect, test } from 'vitest';
import { code128 } from './code128.ts';

/** What a scanner reads that knows nothing of how the bars were made. */
const scan = (number: number): string => {
  const { width, bars } = code128(number);
  const row = new BitArray(width);
  for (const bar of bars) row.setRange(bar.x, bar.x + bar.width);
  return new Code128Reader().decodeRow(0, row, new Map()).getText();
};

test.each([1, 7, 42, 100, 1042, 10_420, 999_999, 1_000_000, 2_147_483_647])('a scanner reads %i', (number) => {
  expect(scan(number)).toBe(String(number));
});

test('a scanner reads every pair of digits', () => {
  for (let pair = 0; pair < 100; pair += 1) expect(scan(100 + pair * 10_000)).toBe(String(100 + pair * 10_000));
  for (let pair = 0; pair < 100; pair += 1) expect(scan(5500 + pair)).toBe(String(5500 + pair));
});
