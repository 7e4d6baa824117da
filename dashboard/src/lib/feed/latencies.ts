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

  /** Percentiles by the nearest rank; null before the first change. */
  get summary(): Latency | null {
    const sorted = [...this.#spans].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    return sorted.length === 0 ? null : { changes: sorted.length, p50: at(0.5), p95: at(0.95) };
  }
}
