import { ProblemError } from '@live-orders/runtime/http/problem.ts';

export interface QueueLimits {
  /** What is done at the same time. */
  atOnce: number;
  /** What may wait, from all places together and from one. */
  waiting: number;
  waitingPerPlace: number;
}

/**
 * Lets work wait for its turn, each place in a line of its own, and serves the lines in turn: whoever sends many requests
 * waits for themselves, not in front of others.
 */
export class FairQueue {
  readonly #limits: QueueLimits;
  /** By place, those who waited longest first; the place that was served last stands at the end. */
  readonly #lines = new Map<string, (() => void)[]>();
  #underWay = 0;
  #waiting = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Does the work of somebody at a place when it is its turn. Throws `unavailable` where too many wait already. */
  async run<T>(place: string, work: () => Promise<T>): Promise<T> {
    await this.#turn(place);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  async #turn(place: string): Promise<void> {
    const { atOnce, waiting, waitingPerPlace } = this.#limits;
    if (this.#underWay < atOnce) {
      this.#underWay += 1;
      return;
    }
    const line = this.#lines.get(place) ?? [];
    if (line.length >= waitingPerPlace || this.#waiting >= waiting)
      throw new ProblemError('unavailable', 'Too many people log in at this moment.', {}, { 'retry-after': '2' });
    this.#waiting += 1;
    this.#lines.set(place, line);
    await new Promise<void>((resolve) => line.push(resolve));
  }

  /** Hands the turn that has become free to the next place. */
  #next(): void {
    const [first] = this.#lines;
    if (first === undefined) {
      this.#underWay -= 1;
      return;
    }
    const [place, line] = first;
    this.#lines.delete(place);
    const [resolve, ...others] = line;
    if (others.length > 0) this.#lines.set(place, others);
    this.#waiting -= 1;
    resolve?.();
  }
}
