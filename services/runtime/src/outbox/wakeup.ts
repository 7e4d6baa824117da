/**
 * What a loop waits for when it has nothing to do. One that comes while the loop is busy is not lost: `wait` then
 * returns at once.
 */
export class Wakeup {
  #pending = false;
  #resolve: (() => void) | null = null;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Forgets what came so far. Call it before looking for work, never between looking and `wait`. */
  reset(): void {
    this.#pending = false;
  }

  /** Resolves at the next `wake`, or after `ms`. */
  wait(ms: number): Promise<void> {
    if (this.#pending) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#resolve?.(), ms);
      this.#resolve = () => {
        this.#resolve = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
