/** How long a tick is on an event loop without lag: events that come closer together than this share a frame. */
const shortestMs = 15;
const longestMs = 250;
/** How much the newest measurement counts in the moving average. */
const weight = 0.25;

/**
 * How long events are gathered before they go out: longer when the event loop lags, so that a gateway under load sends
 * fewer and larger frames. The lag is how late the timer of a tick fires.
 */
export class Pace {
  /** A moving average, in ms. */
  #lag = 0;

  /** Milliseconds from one flush to the next. */
  get tickMs(): number {
    return Math.min(longestMs, shortestMs + this.#lag);
  }

  /** Takes in that a tick ended so many ms after its time; 0 for a flush that waited for no tick. */
  measure(lateMs: number): void {
    this.#lag += weight * (Math.max(0, lateMs) - this.#lag);
  }
}
