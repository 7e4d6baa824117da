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
    try {
      localStorage.setItem(name, on ? 'on' : 'off');
    } catch {
      // It holds as long as the page, then.
    }
  }

  /** Takes over what this browser remembers. */
  restore(): void {
    try {
      this.#on = localStorage.getItem(name) !== 'off';
    } catch {
      // A browser that is told to keep nothing remembers nothing.
    }
  }
}

export const singleKeys = new SingleKeys();
