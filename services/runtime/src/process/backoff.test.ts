import { expect, test } from 'vitest';
import { backoff, pause, retry } from './backoff.ts';
import { createLog } from './log.ts';

test('doubles up to its cap, with jitter in the upper half', () => {
  const longest = [1, 2, 3, 10, 1000].map((attempt) => backoff(attempt, 5_000, () => 1));
  expect(longest).toEqual([100, 200, 400, 5_000, 5_000]);
  expect(backoff(3, 5_000, () => 0)).toBe(200);
});

test('a pause ends when the signal does', async () => {
  const controller = new AbortController();
  const paused = pause(60_000, controller.signal);
  controller.abort();
  await expect(paused).resolves.toBeUndefined();
});

test('tries again until it succeeds, and gives up at the limit with the last error', async () => {
  const options = { log: createLog('test', 'silent'), signal: new AbortController().signal };
  let tries = 0;
  const attempt = async (): Promise<number> => {
    tries += 1;
    if (tries < 3) throw new Error(`failure ${tries}`);
    return tries;
  };
  expect(await retry('counting', attempt, options)).toBe(3);
  tries = 0;
  await expect(retry('counting', attempt, { ...options, limit: 2 })).rejects.toThrow('failure 2');
});
