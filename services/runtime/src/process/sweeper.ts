import { pause } from './backoff.ts';
import type { Log } from './log.ts';
import type { Task } from './run.ts';

/** Deletes what has become too old, now and every hour. `what` says in the log what is deleted. */
export const sweeper = (what: string, sweep: () => Promise<void>, log: Log): Task => ({
  name: 'sweeper',
  async run(signal) {
    while (!signal.aborted) {
      try {
        await sweep();
      } catch (error) {
        log.warn({ err: error }, `deleting ${what} failed; it is tried again in an hour`);
      }
      await pause(3_600_000, signal);
    }
  },
});
