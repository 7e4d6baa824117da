import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';
import { describeExit } from './tied-process.ts';
import { StartError } from './start-error.ts';

const firstPause = 1_000;
const longestPause = 30_000;
/** A run as long as this was a good one: the next failure starts with short pauses again. */
const goodRun = 30_000;

/** Milliseconds before the next try, after `failures` bad runs in a row (from 0): 1 s, 2 s, 4 s … 30 s. */
const restartPause = (failures: number): number => Math.min(longestPause, firstPause * 2 ** Math.min(failures, 10));

/**
 * Keeps a running daemon running: whenever it ends, `say` hears how and when the next try is, until `signal` aborts.
 * Never rejects for a start that failed: that is said, and tried again.
 */
export const supervise = async (daemon: Daemon, say: (line: string) => void, signal: AbortSignal): Promise<void> => {
  let failures = 0;
  let since = Date.now();
  let reason = await ended(daemon, signal);
  while (reason !== null) {
    if (Date.now() - since > goodRun) failures = 0;
    const pause = restartPause(failures);
    failures += 1;
    say(`${daemon.name} ended (${reason}); it is started again in ${pause / 1000} s`);
    if (!(await waited(pause, signal))) return;
    since = Date.now();
    try {
      await daemon.start(signal);
      say(`${daemon.name} is back`);
      reason = await ended(daemon, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StartError)) throw error;
      reason = error.message;
    }
  }
};

/** How the daemon's process ended, or null when `signal` aborted before. */
const ended = async (daemon: Daemon, signal: AbortSignal): Promise<string | null> => {
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const exit = await Promise.race([daemon.exited, stopped]);
  return exit === null || signal.aborted ? null : describeExit(exit);
};

/** Waits; false when `signal` has aborted meanwhile. */
const waited = async (ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    return await delay(ms, true, { signal });
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
};
