import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HashQueue } from './hash-queue.ts';

const somebody = { place: 'somewhere', isKnown: true };

describe('a queue for hashes', () => {
  test('serves everybody else in between while one place floods it', async () => {
    const queue = new HashQueue();
    /** Ends the work that is under way. */
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    const ask = (place: string): Promise<unknown> =>
      queue.run({ place, isKnown: false }, () => {
        begun.push(place);
        return new Promise<undefined>((resolve) => ends.push(() => resolve(undefined)));
      });
    const flood = Promise.allSettled(Array.from({ length: 80 }, () => ask('flood')));
    const honest = Promise.allSettled(Array.from({ length: 12 }, (_none, n) => ask(`honest ${n}`)));
    await settled();
    const atOnce = ends.length;
    expect(atOnce).toBeLessThanOrEqual(3);
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await settled();
      expect(ends.length).toBeLessThanOrEqual(atOnce);
    }

    expect(new Set((await honest).map(({ status }) => status))).toEqual(new Set(['fulfilled']));
    const refused = (await flood).filter((outcome) => outcome.status === 'rejected');
    // Of 92 as many are served as are under way and wait, and only the flood is refused.
    expect(refused).toHaveLength(92 - atOnce - 64);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '2' } });
    // Of the waiting, one of the flood has a turn before all the others have one.
    expect(begun.slice(atOnce, atOnce + 13).filter((place) => place === 'flood')).toHaveLength(1);
  });

  test('goes on after work that failed', async () => {
    const queue = new HashQueue();
    const broken = Array.from({ length: 9 }, () => queue.run(somebody, () => Promise.reject(new Error('broken'))));
    for (const one of broken) await expect(one).rejects.toThrow('broken');
    expect(await queue.run(somebody, () => Promise.resolve('served'))).toBe('served');
  });
});
