import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { LiveState, OrderChange } from '../live/state.ts';

/** A time in which changes did not come as they happened, now over: how long it was, and how many orders changed in it. */
export interface Gap {
  ms: number;
  orders: number;
}

/** Milliseconds. Of a shorter one nobody has to be told. */
const worthTelling = 5_000;

/** Counts the orders that have changed while the client was not live. */
export class Gaps {
  #since: number | null = null;
  #until: number | null = null;
  readonly #changed = new Set<string>();

  /** To be called with each state of the client; `now` in ms. */
  follow(state: LiveState, now: number): void {
    const isOver = state.phase === 'live' || state.phase === 'polling';
    if (this.#since === null && 'since' in state && !isOver) this.#since = state.since;
    this.#until = isOver && this.#since !== null ? now : null;
  }

  /** To be called with all changes. Those that a page has read by REST are its own, or old. */
  add(changes: readonly OrderChange[]): void {
    if (this.#since === null) return;
    for (const change of changes) {
      // An order that a snapshot leaves out has become final since; one that was final before, the page had read on demand.
      const counts = change.kind === 'removed' ? !isFinal(change.order.status) : change.via !== 'rest';
      if (counts) this.#changed.add(change.order.id);
    }
  }

  /** The gap that is over, once; null where there is none. To be called when the changes that ended it have been added. */
  take(): Gap | null {
    if (this.#since === null || this.#until === null) return null;
    const gap = { ms: this.#until - this.#since, orders: this.#changed.size };
    this.#since = null;
    this.#until = null;
    this.#changed.clear();
    return gap.ms < worthTelling ? null : gap;
  }
}
