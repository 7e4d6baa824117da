import { nearestRank } from '@live-orders/contracts/nearest-rank.ts';

/** How many changes were measured, and within how many ms half of them, and 95 % of them, reached the gateway. */
export interface Latency {
  changes: number;
  p50: number;
  p95: number;
}

const remembered = 200;

/** How long the latest changes took from their commit in the database until the gateway sent them, by the servers' clocks. */
export class Latencies {
  readonly #spans: number[] = [];

  add({ committed, sent }: { committed: string; sent?: string | undefined }): void {
    if (sent === undefined) return;
    // The clocks of two machines may differ by more than a change takes from one to the other.
    this.#spans.push(Math.max(0, Date.parse(sent) - Date.parse(committed)));
    if (this.#spans.length > remembered) this.#spans.shift();
  }

  /** Null before the first change. */
  get summary(): Latency | null {
    const [p50, p95] = [nearestRank(this.#spans, 0.5), nearestRank(this.#spans, 0.95)];
    return p50 === undefined || p95 === undefined ? null : { changes: this.#spans.length, p50, p95 };
  }
}
