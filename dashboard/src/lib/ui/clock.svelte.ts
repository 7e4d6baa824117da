import { createSubscriber } from 'svelte/reactivity';
import { steadyNow } from './steady-clock.ts';

/** The present time for what is shown as an age, brought up to date each second; by the server's clock once it is known. */
class Clock {
  #offset = 0;
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** The server's time in milliseconds. What Svelte renders with it is rendered again each second. */
  get now(): number {
    return this.local + this.#offset;
  }

  /** The same by the clock of this machine, as it was when the page began. */
  get local(): number {
    this.#subscribe();
    return steadyNow();
  }

  /** Takes in the server's time. A difference of up to 5 s is ignored: it may be the time that the message took to get here. */
  follow(serverTime: string): void {
    const offset = Date.parse(serverTime) - steadyNow();
    this.#offset = Math.abs(offset) > 5000 ? offset : 0;
  }
}

export const clock = new Clock();
