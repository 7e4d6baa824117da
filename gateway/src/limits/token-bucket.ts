/**
 * A budget of so many steps at once, which fills up again at so many a second. All times are milliseconds of a clock that
 * never goes back, as `performance.now()`.
 */
export class TokenBucket {
  readonly #size: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor(size: number, perSecond: number, now: number) {
    this.#size = size;
    this.#perMs = perSecond / 1_000;
    this.#left = size;
    this.#at = now;
  }

  /** Takes so many steps from the budget; false, and nothing is taken, when fewer are left. */
  take(now: number, steps = 1): boolean {
    this.#left = this.left(now);
    this.#at = now;
    if (this.#left < steps) return false;
    this.#left -= steps;
    return true;
  }

  /** What is left, with fractions. */
  left(now: number): number {
    return Math.min(this.#size, this.#left + (now - this.#at) * this.#perMs);
  }

  /** Whole seconds until there is so much again, rounded up. */
  secondsUntil(amount: number, now: number): number {
    return Math.max(0, Math.ceil((amount - this.left(now)) / this.#perMs / 1_000));
  }
}
