import { describe, expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const limits = { atOnce: 1, waiting: 20, waitingPerPlace: 8 };

/** Work that ends when it is told to, and the order in which it began. */
const openShift = (queue: FairQueue) => {
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const send = (place: string): Promise<void> =>
    queue.run(place, () => {
      began.push(place);
      return new Promise((resolve) => ends.push(resolve));
    });
  /** Ends everything in the order in which it begins, until nothing is left. */
  const finish = async (all: Promise<void>[]): Promise<void> => {
    const settled = Promise.allSettled(all);
    for (let done = 0; done < all.length; done += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      ends[done]?.();
    }
    await settled;
  };
  return { began, send, finish };
};

describe('a queue', () => {
  test('serves the places in turn, however many wait at one of them', async () => {
    const { began, send, finish } = openShift(new FairQueue(limits));
    await finish([...Array.from({ length: 6 }, () => send('flood')), send('home'), send('office'), send('home')]);
    expect(began).toEqual(['flood', 'flood', 'home', 'office', 'flood', 'home', 'flood', 'flood', 'flood']);
  });

  test('refuses a place that has too many waiting, and nobody else', async () => {
    const { began, send, finish } = openShift(new FairQueue(limits));
    const flood = Array.from({ length: 30 }, () => send('flood'));
    const home = send('home');
    await finish([...flood, home]);
    const outcomes = await Promise.allSettled(flood);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1 + limits.waitingPerPlace);
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'unavailable' } });
    expect(began).toContain('home');
  });

  test('refuses everybody while too many wait in all, and works on afterwards', async () => {
    const queue = new FairQueue(limits);
    const { send, finish } = openShift(queue);
    const all = Array.from({ length: 30 }, (_none, n) => send(`place ${n}`));
    await finish(all);
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1 + limits.waiting);
    expect(await queue.run('later', () => Promise.resolve('done'))).toBe('done');
  });

  test('takes in who comes from elsewhere, at the cost of the longest line, while too many wait', async () => {
    const { began, send, finish } = openShift(new FairQueue({ ...limits, waiting: 10 }));
    const flood = ['flood 1', 'flood 2'].flatMap((place) => Array.from({ length: 8 }, () => send(place)));
    const home = send('home');
    await finish([...flood, home]);
    expect(began).toContain('home');
    const refused = (await Promise.allSettled(flood)).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(16 - 10);
  });

  test('goes on after work that fails', async () => {
    const queue = new FairQueue(limits);
    const failing = queue.run('one', () => Promise.reject(new Error('no')));
    const next = queue.run('two', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
