/** How long a tick is on an event loop without lag: events that come closer together than this share a frame. */
const shortestMs = 2;
const usualMs = 15;
const longestMs = 250;
/** A tick is so many times as long as it takes to send one, so that sending takes a tenth of the process at most. */
const timesFlush = 10;
/** How much the newest measurement counts in the moving averages. */
const weight = 0.25;

/**
 * How long events are gathered before they go out: 2 ms for a few clients, 15 ms for hundreds, and longer when the event loop
 * lags, so that a gateway under load sends fewer and larger frames. The lag is how late the timer of a tick fires.
 */
export class Pace {
  /** Moving averages, in ms. */
  #lag = 0;
  #flush = 0;

  /** Milliseconds from one flush to the next. */
  get tickMs(): number {
    const calm = Math.min(usualMs, Math.max(shortestMs, timesFlush * this.#flush));
    return Math.min(longestMs, calm + this.#lag);
  }

  /** Takes in that a tick ended so many ms after its time; 0 for a flush that waited for no tick. */
  measureLag(lateMs: number): void {
    this.#lag += weight * (Math.max(0, lateMs) - this.#lag);
  }

  /** Takes in that it took so many ms to send what was pending. */
  measureFlush(ms: number): void {
    this.#flush += weight * (ms - this.#flush);
  }
}
