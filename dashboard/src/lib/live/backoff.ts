const firstDelay = 500;
/** Milliseconds. */
export const longestDelay = 15_000;

/**
 * Milliseconds before the next attempt: between half and the whole of a span that doubles with each attempt (from 0), up
 * to `longestDelay`. It is partly random, so that many clients that were lost at once do not come back at once.
 */
export function backoff(attempt: number, random: () => number): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** attempt);
  return whole / 2 + random() * (whole / 2);
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
