import { flushSync } from 'svelte';

/** Milliseconds. */
const pauseWhenHidden = 1_000;
const longestRest = 500;
/** Two frames at 60 a second pass between a frame's callback and the timer after it, however cheap the frame is. */
const twoFrames = 34;

/**
 * Calls `publish`, which changes Svelte state, at most once per frame. After a frame that took long it rests for twice
 * that time, so that a flood of changes leaves the page time to react to its user.
 */
export class Repaint {
  readonly #publish: () => void;
  /** Cancels the frame that is scheduled; null while none is. */
  #cancel: (() => void) | null = null;
  #restUntil = 0;

  constructor(publish: () => void) {
    this.#publish = publish;
  }

  /** Has `publish` called soon. Does nothing when it will be anyway, or on the server. */
  schedule(): void {
    if (this.#cancel || typeof window === 'undefined') return;
    const wait = document.hidden ? pauseWhenHidden : this.#restUntil - performance.now();
    if (wait > 0) {
      const timer = setTimeout(() => this.#paint(), wait);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(() => this.#paint());
      this.#cancel = () => cancelAnimationFrame(frame);
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #paint(): void {
    this.#cancel = null;
    const began = performance.now();
    this.#publish();
    flushSync();
    this.#rest((performance.now() - began) * 2);
    // This timer fires once the frame is painted, so that the browser's layout and painting count as well.
    requestAnimationFrame(() => setTimeout(() => this.#rest((performance.now() - began - twoFrames) * 2)));
  }

  #rest(ms: number): void {
    this.#restUntil = Math.max(this.#restUntil, performance.now() + Math.min(ms, longestRest));
  }
}
