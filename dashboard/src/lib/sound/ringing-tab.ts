const name = 'live-orders:sound';

/**
 * Finds the one tab of this browser whose tones are to be heard: the first of those that can be. When it is closed, or falls
 * silent, the next one takes over. A browser that has no locks, as on a page that came by plain HTTP, hears every tab.
 */
export class RingingTab {
  readonly #locks = 'locks' in navigator ? navigator.locks : null;
  #isThis = this.#locks === null;
  #wait: AbortController | null = null;

  get isThis(): boolean {
    return this.#isThis;
  }

  /** Whether this tab could be heard. */
  want(wanted: boolean): void {
    if (!this.#locks || wanted === (this.#wait !== null)) return;
    this.#wait?.abort();
    this.#wait = null;
    this.#isThis = false;
    if (wanted) void this.#take(this.#locks, (this.#wait = new AbortController()));
  }

  async #take(locks: LockManager, { signal }: AbortController): Promise<void> {
    try {
      await locks.request(name, { signal }, async () => {
        this.#isThis = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      });
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }
}
