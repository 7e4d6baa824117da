import type { LiveOrders } from '../feed/live-orders.svelte.ts';

/**
 * What is shown of an order besides what is live: read while a component stands, and once more when the connection is back.
 * `value` is null until it has been read, and stays as it was where reading it anew has failed.
 */
export class Reading<T> {
  value = $state.raw<T | null>(null);
  failed = $state(false);

  /**
   * To be made while a component is set up. `ask` says how to read it, and is asked anew when what it looks at changes; null for
   * not.
   */
  constructor(live: LiveOrders, ask: () => ((signal: AbortSignal) => Promise<T>) | null) {
    const isLive = $derived(live.state.phase === 'live');
    const asked = $derived({ read: ask(), isLive });
    $effect(() => {
      const { read } = asked;
      if (!read) return;
      const reading = new AbortController();
      const { signal } = reading;
      read(signal).then(
        (value) => {
          if (signal.aborted) return;
          this.value = value;
          this.failed = false;
        },
        () => {
          if (!signal.aborted) this.failed = true;
        },
      );
      return () => reading.abort();
    });
  }
}
