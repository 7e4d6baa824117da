import { createSubscriber } from 'svelte/reactivity';

/** The present time, second by second, for what is shown as an age. Follows the server's clock once it is known. */
class Clock {
  #offset = 0;
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** The server's time in milliseconds. Read where Svelte tracks it, it moves on by itself. */
  get now(): number {
    return this.local + this.#offset;
  }

  /** The same by this machine's own clock. */
  get local(): number {
    this.#subscribe();
    return Date.now();
  }

  /** A small difference is the way of the message; only a machine's wrong clock is worth a correction. */
  follow(serverTime: string): void {
    const offset = Date.parse(serverTime) - Date.now();
    this.#offset = Math.abs(offset) > 5000 ? offset : 0;
  }
}

export const clock = new Clock();
