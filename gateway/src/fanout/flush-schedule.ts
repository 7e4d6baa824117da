import { Pace } from './pace.ts';

/** How often clients that are behind are looked at, when nothing else is sent. */
const watchMs = 250;

/** When what clients have yet to be sent goes out: at once after a quiet tick, else at the end of the tick. */
export class FlushSchedule {
  readonly #send: () => void;
  readonly #pace = new Pace();
  #tickTimer: NodeJS.Timeout | null = null;
  #watchTimer: NodeJS.Timeout | null = null;
  #flushedAt = -Infinity;

  /** `send` has to send everything that is pending. */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** Flushes now, whatever the tick. */
  flush(): void {
    if (this.#tickTimer) clearTimeout(this.#tickTimer);
    this.#tickTimer = null;
    const began = performance.now();
    this.#flushedAt = began;
    this.#send();
    this.#pace.measureFlush(performance.now() - began);
  }

  /** Flushes at once if the last flush lies a tick back, else when it does. */
  flushInTime(): void {
    if (this.#tickTimer) return;
    const dueAt = this.#flushedAt + this.#pace.tickMs;
    const wait = dueAt - performance.now();
    if (wait <= 0) {
      this.#pace.measureLag(0);
      this.flush();
      return;
    }
    this.#tickTimer = setTimeout(() => {
      this.#pace.measureLag(performance.now() - dueAt);
      this.flush();
    }, wait);
  }

  /** Flushes within 250 ms, also when nothing new is to be sent: for clients that are behind. */
  watch(): void {
    this.#watchTimer ??= setTimeout(() => {
      this.#watchTimer = null;
      this.flush();
    }, watchMs);
  }
}
