import { ProblemError } from '@live-orders/runtime/http/problem.ts';

interface Waiting {
  begin: () => void;
  refuse: (reason: ProblemError) => void;
}

const tooMany = (): ProblemError =>
  new ProblemError('unavailable', 'Too many people log in at this moment.', {}, { 'retry-after': '2' });

export interface QueueLimits {
  /** What is done at the same time. */
  atOnce: number;
  /** What may wait, from all places together and from one. */
  waiting: number;
  waitingPerPlace: number;
}

/**
 * Lets work wait for its turn, each place in a line of its own, and serves the lines in turn: whoever sends many requests
 * waits for themselves, not in front of others. Where too many wait in all, the longest line loses its last.
 */
export class FairQueue {
  readonly #limits: QueueLimits;
  /** By place, those who waited longest first; the place that was served last stands at the end. */
  readonly #lines = new Map<string, Waiting[]>();
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
    if (line.length >= waitingPerPlace) throw tooMany();
    if (this.#waiting >= waiting) this.#makeRoom(line.length);
    this.#waiting += 1;
    this.#lines.set(place, line);
    await new Promise<void>((begin, refuse) => line.push({ begin, refuse }));
  }

  /** Refuses the last of the longest line, where that is longer than the line of whoever comes; else throws. */
  #makeRoom(length: number): void {
    let longest: Waiting[] = [];
    for (const line of this.#lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length <= length + 1) throw tooMany();
    this.#waiting -= 1;
    longest.pop()?.refuse(tooMany());
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
    const [waiting, ...others] = line;
    if (others.length > 0) this.#lines.set(place, others);
    this.#waiting -= 1;
    waiting?.begin();
  }
}
