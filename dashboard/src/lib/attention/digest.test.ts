import { expect, test } from 'vitest';
import { Digest, newsWords } from './digest.ts';

test('news are gathered, told together, and not more often than every ten seconds', () => {
  const digest = new Digest();
  digest.add({ fresh: 2, late: 0 }, 1_000);
  expect(digest.take(2_999)).toBeNull();
  digest.add({ fresh: 1, late: 1 }, 2_999);
  expect(digest.take(3_000)).toEqual({ fresh: 3, late: 1 });
  expect(digest.take(60_000)).toBeNull();
  digest.add({ fresh: 1, late: 0 }, 60_000);
  expect(digest.take(62_000)).toEqual({ fresh: 1, late: 0 });
  digest.add({ fresh: 4, late: 0 }, 63_000);
  expect(digest.take(71_999)).toBeNull();
  expect(digest.take(72_000)).toEqual({ fresh: 4, late: 0 });
});

test('nothing is told when nothing happened', () => {
  const digest = new Digest();
  digest.add({ fresh: 0, late: 0 }, 0);
  expect(digest.take(60_000)).toBeNull();
});

test.each([
  [{ fresh: 3, late: 1 }, '3 new orders, 1 late'],
  [{ fresh: 1, late: 0 }, '1 new order'],
  [{ fresh: 0, late: 1 }, '1 late order'],
  [{ fresh: 0, late: 2 }, '2 late orders'],
])('%o is told as “%s”', (news, words) => expect(newsWords(news)).toBe(words));
