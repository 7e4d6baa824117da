import { createContext, untrack } from 'svelte';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { clock } from '../ui/clock.svelte.ts';
import { steadyNow } from '../ui/steady-clock.ts';

/** Milliseconds. A link that is back sooner is not worth more than a word in the header. */
const patience = 1500;

/** Whether what the pages show may be old, for longer than it takes a link to come back. */
export class Doubt {
  readonly #live: LiveOrders;
  /** When what is shown stopped being live last. */
  #since = $state(steadyNow());
  readonly #isTroubled = $derived.by(() => !['live', 'polling', 'idle'].includes(this.#live.state.phase));
  readonly #isOld = $derived(this.#isTroubled && clock.local - this.#since > patience);
  readonly #isOffline = $derived.by(() => this.#isOld && ['reconnecting', 'ended'].includes(this.#live.state.phase));

  /** To be made while a component is set up. */
  constructor(live: LiveOrders) {
    this.#live = live;
    $effect.pre(() => {
      if (this.#isTroubled) untrack(() => (this.#since = steadyNow()));
    });
  }

  /** Changes may be missing. */
  get isOld(): boolean {
    return this.#isOld;
  }

  /** The connection is lost, so that nothing can be changed either. Of a page that has just been opened, nobody knows yet. */
  get isOffline(): boolean {
    return this.#isOffline;
  }
}

export const [getDoubt, setDoubt] = createContext<Doubt>();
