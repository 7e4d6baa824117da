import { finalStatuses } from '../orders/status.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { orderStats } from '@live-orders/contracts/rest/stats.ts';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { pause } from '../live/backoff.ts';
import { callApi } from '../session/api.ts';
import { untrack } from 'svelte';

/** Milliseconds between two questions, however fast orders become final. */
const interval = 5_000;

/**
 * How many orders there are in the final statuses, of which only the newest are in the browser. The server is asked when a
 * snapshot has come, and again whenever orders become final or stop being it.
 */
export class FinalCounts {
  #counts = $state.raw<ReadonlyMap<OrderStatus, number> | null>(null);
  readonly #ended = new AbortController();
  #isAsking = false;
  /** Whether something has changed since the server was asked last. */
  #isDue = false;

  /** To be made while a component is set up. */
  constructor(live: LiveOrders) {
    $effect(() => {
      for (const status of finalStatuses) void live.counts[status];
      if (live.snapshots > 0) untrack(() => void this.#ask());
    });
    $effect(() => () => this.#ended.abort());
  }

  /** Null before the first answer, and where the server could not be asked. */
  of(status: OrderStatus): number | null {
    return this.#counts?.get(status) ?? null;
  }

  async #ask(): Promise<void> {
    this.#isDue = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { signal } = this.#ended;
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      const counts = await readCounts(signal);
      if (signal.aborted) return;
      this.#counts = counts;
      await pause(interval, signal);
    }
    this.#isAsking = false;
  }
}

/** Null where the server cannot be asked. A session that has ended is noticed by the live connection. */
const readCounts = async (signal: AbortSignal): Promise<ReadonlyMap<OrderStatus, number> | null> => {
  try {
    const { statuses } = await callApi(orderStats, 'orders/api/orders/stats?window=1h', { signal });
    // Of the others every order is in the browser, and counted as it changes.
    return new Map(statuses.flatMap(({ status, now }) => (finalStatuses.includes(status) ? [[status, now]] : [])));
  } catch {
    return null;
  }
};
