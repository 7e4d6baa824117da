import { pause } from '@live-orders/runtime/backoff.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import type { Part } from '@live-orders/runtime/run.ts';
import type { Sessions } from './sessions.ts';

/** Deletes ended sessions every hour. */
export const sweeper = (sessions: Sessions, log: Log): Part => ({
  name: 'sweeper',
  async run(signal) {
    while (!signal.aborted) {
      try {
        await sessions.sweep();
      } catch (error) {
        log.warn({ err: error }, 'sweeping sessions failed; it is tried again in an hour');
      }
      await pause(3_600_000, signal);
    }
  },
});
