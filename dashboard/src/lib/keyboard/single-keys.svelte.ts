import { z } from 'zod';
import { keep, readKept } from '../ui/kept.ts';

const name = 'live-orders:single-keys';

/**
 * Whether single letters do something. People who speak to their computer, or press keys by accident, can switch them off (WCAG
 * 2.1.4); this browser remembers it.
 */
class SingleKeys {
  #on = $state(true);

  get on(): boolean {
    return this.#on;
  }

  set on(on: boolean) {
    this.#on = on;
    keep('localStorage', name, on);
  }

  /** Takes over what this browser remembers. */
  restore(): void {
    this.#on = readKept('localStorage', name, z.boolean()) ?? true;
  }
}

export const singleKeys = new SingleKeys();
