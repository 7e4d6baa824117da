import { hash } from 'bcrypt';
import { describe, expect, test } from 'vitest';
import { Hasher, missingWork } from './hashing.ts';

const pepper = 'a pepper of this test, and of nothing else';
const hasher = new Hasher({ cost: 4, pepper });
const caller = { place: 'here', isKnown: true };

describe('a hash', () => {
  test('fits its password and no other, whatever is beyond the 72nd byte', async () => {
    const long = 'é'.repeat(64);
    const stored = await hasher.hash(`${long}a`, caller);
    expect(await hasher.fits(`${long}a`, stored, caller)).toBe(true);
    expect(await hasher.fits(`${long}b`, stored, caller)).toBe(false);
    expect(await hasher.fits('', stored, caller)).toBe(false);
  });

  test('fits a password with zero bytes, and not what is before them', async () => {
    const stored = await hasher.hash('before\0after', caller);
    expect(await hasher.fits('before\0after', stored, caller)).toBe(true);
    expect(await hasher.fits('before', stored, caller)).toBe(false);
    expect(await hasher.fits('before\0other', stored, caller)).toBe(false);
  });

  test('fits the same text with its accents written in either way', async () => {
    const text = 'Zoë trinkt Kaffee';
    expect(text.normalize('NFC')).not.toBe(text.normalize('NFD'));
    expect(await hasher.fits(text.normalize('NFD'), await hasher.hash(text.normalize('NFC'), caller), caller)).toBe(
      true,
    );
  });

  test('is worth nothing with another pepper', async () => {
    const stored = await hasher.hash('a password', caller);
    expect(await new Hasher({ cost: 4, pepper: `${pepper}!` }).fits('a password', stored, caller)).toBe(false);
  });

  test('of an earlier release fits, and is out of date, as one of another cost is', async () => {
    const old = await hash('a password', 4);
    expect(await hasher.fits('a password', old, caller)).toBe(true);
    expect(await hasher.fits('another one', old, caller)).toBe(false);
    // Such a hash says nothing of what follows the 72nd byte.
    const long = 'x'.repeat(73);
    expect(await hasher.fits(long, await hash(long, 4), caller)).toBe(false);
    expect(hasher.isOutdated(old)).toBe(true);
    expect(hasher.isOutdated(await hasher.hash('a password', caller))).toBe(false);
    expect(hasher.isOutdated(await new Hasher({ cost: 5, pepper }).hash('a password', caller))).toBe(true);
  });

  test('that nobody has is never right', async () => {
    expect(await hasher.fits('no password at all', null, caller)).toBe(false);
  });
});

test('comparing with a hash of a lower cost is made up for exactly', () => {
  const work = (costs: number[]): number => costs.reduce((sum, cost) => sum + 2 ** cost, 0);
  for (const stored of [4, 8, 10, 12]) expect(work([stored, ...missingWork(stored, 12)])).toBe(2 ** 12);
  expect(missingWork(12, 10)).toEqual([]);
});
