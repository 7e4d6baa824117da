import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';

/** Milliseconds before try `attempt` (from 1): doubles from 100 ms up to `cap`, with full jitter in its upper half. */
export const backoff = (attempt: number, cap = 5_000, random = Math.random): number => {
  const ceiling = Math.min(cap, 100 * 2 ** Math.min(attempt - 1, 20));
  return ceiling / 2 + (random() * ceiling) / 2;
};

/** Waits `ms`, or less when `signal` aborts; never rejects for the abort. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

/**
 * Calls `attempt` until it succeeds, with growing pauses. The first failure is logged as a warning, those after it at
 * debug level. `what` says in the log what was attempted. Rejects with the last error after `limit` tries, or once
 * `signal` has aborted.
 */
export const retry = async <T>(
  what: string,
  attempt: () => Promise<T>,
  { log, signal, limit = Infinity }: { log: Log; signal: AbortSignal; limit?: number },
): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const value = await attempt();
      if (tries > 1) log.info({ tries }, `${what}: succeeded again`);
      return value;
    } catch (error) {
      if (signal.aborted || tries >= limit) throw error;
      log[tries === 1 ? 'warn' : 'debug']({ err: error, tries }, `${what} failed, trying again`);
      await pause(backoff(tries), signal);
    }
  }
};
