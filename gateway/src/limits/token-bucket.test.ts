import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const takeAll = (bucket: TokenBucket, now: number): number => {
  let taken = 0;
  while (bucket.take(now)) taken += 1;
  return taken;
};

test('so many are taken at once, and afterwards so many a second', () => {
  const bucket = new TokenBucket(60, 10, 0);
  expect(takeAll(bucket, 0)).toBe(60);
  expect(bucket.secondsUntil(1, 0)).toBe(1);
  expect(bucket.secondsUntil(60, 0)).toBe(6);
  expect(takeAll(bucket, 99)).toBe(0);
  expect(takeAll(bucket, 1_000)).toBe(10);
});

test('no rest makes it larger than it was', () => {
  const bucket = new TokenBucket(60, 10, 0);
  takeAll(bucket, 0);
  expect(bucket.left(3_600_000)).toBe(60);
  expect(takeAll(bucket, 3_600_000)).toBe(60);
});
