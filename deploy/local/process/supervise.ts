import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';
import { describeExit } from './tied-process.ts';
import { StartError } from './start-error.ts';

const firstPause = 1_000;
const longestPause = 30_000;
/** Milliseconds. After a run of this length the next failure begins with the short pause again. */
const goodRun = 30_000;

/** Milliseconds before the next start, after `failures` short runs in a row before this one: 1 s, 2 s, 4 s … 30 s. */
const restartPause = (failures: number): number => Math.min(longestPause, firstPause * 2 ** failures);

/**
 * Keeps a running daemon running until `signal` aborts: whenever it ends, `say` is told how, and when it is started again.
 * A StartError does not reject the promise: it is said, and the start is tried again after a longer pause.
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

/** Waits `ms`; false when `signal` aborted meanwhile. */
const waited = async (ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    return await delay(ms, true, { signal });
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
};
