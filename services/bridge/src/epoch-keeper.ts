import { pause } from '@live-orders/runtime/backoff.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import type { Part } from '@live-orders/runtime/run.ts';
import type { Publisher } from './publisher.ts';

const everyMs = 2_000;

/**
 * Gives a Redis that came back empty, or was emptied, its new epoch within two seconds and not with the next event, so
 * that dashboards resync at once.
 */
export const epochKeeper = (publisher: Publisher, log: Log): Part => ({
  name: 'epoch keeper',
  async run(signal) {
    while (!signal.aborted) {
      await pause(everyMs, signal);
      try {
        await publisher.begin();
      } catch (error) {
        log.debug({ err: error }, 'redis is not reachable; the next look follows');
      }
    }
  },
});
