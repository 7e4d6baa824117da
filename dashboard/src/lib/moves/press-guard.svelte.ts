import { untrack } from 'svelte';

/** Milliseconds after a button has come to mean something else, in which a press was aimed at what it meant before. */
const aimMs = 700;

/** Tells whether a press was aimed at what a button meant before, from how long it has meant what it means now. */
export class PressGuard {
  #since = -Infinity;

  /** To be made while a component is set up. `meaning` changes whenever a press comes to do something else. */
  constructor(meaning: () => string) {
    let shown = untrack(meaning);
    $effect.pre(() => {
      const now = meaning();
      if (now === shown) return;
      shown = now;
      this.#since = performance.now();
    });
  }

  get isTooSoon(): boolean {
    return performance.now() - this.#since < aimMs;
  }
}
