import type { Verdict } from './oracle.ts';
import type { Violation } from './verdict.ts';

interface Row {
  rounds: number;
  writes: number;
  deliveries: number;
  repeats: number;
  resyncs: number;
  worst: number;
  unaware: number;
  wrong: Record<Violation['kind'], number>;
}

const empty = (): Row => ({
  rounds: 0,
  writes: 0,
  deliveries: 0,
  repeats: 0,
  resyncs: 0,
  worst: 0,
  unaware: 0,
  wrong: { lost: 0, duplicated: 0, reordered: 0, stale: 0, ghost: 0 },
});

const columns = [
  ...['rounds', 'writes', 'deliveries', 'lost', 'duplicated', 'reordered', 'stale', 'ghosts', 'repeats', 'resyncs'],
  ...['unaware s', 'worst s'],
];
const calm = 'nothing';

/** The results of all rounds, by fault; a round of several faults counts for each of them. */
export class Score {
  readonly #rows = new Map<string, Row>();
  readonly #all = empty();
  /** Of rounds without a fault: from the acknowledgement of a change until a dashboard had it, in ms. */
  readonly #calmSpans: number[] = [];

  /** How many violations there were in all rounds. */
  get violations(): number {
    return Object.values(this.#all.wrong).reduce((sum, count) => sum + count, 0);
  }

  /** Adds a round; `faults` are the names of its faults. */
  add(faults: readonly string[], verdict: Verdict, patienceMs: number): void {
    const names = faults.length === 0 ? [calm] : faults;
    if (faults.length === 0) this.#calmSpans.push(...verdict.timeliness.spans);
    const rows = names.map((name) => {
      const row = this.#rows.get(name) ?? empty();
      this.#rows.set(name, row);
      return row;
    });
    for (const row of [...rows, this.#all]) {
      row.rounds += 1;
      row.writes += verdict.writes;
      row.deliveries += verdict.deliveries;
      row.repeats += verdict.repeats;
      row.resyncs += verdict.resyncs;
      row.worst = Math.max(row.worst, verdict.recoveredMs ?? patienceMs);
      row.unaware = Math.max(row.unaware, verdict.timeliness.unawareMs);
      for (const { kind } of verdict.violations) row.wrong[kind] += 1;
    }
  }

  /** A table for people. */
  print(): string[] {
    const lines = [...this.#rows].sort(([one], [other]) => one.localeCompare(other)).concat([['all', this.#all]]);
    const width = Math.max(...lines.map(([name]) => name.length));
    const line = (name: string, cells: readonly string[]): string =>
      [name.padEnd(width), ...cells.map((cell, index) => cell.padStart(columns[index]?.length ?? 0))].join('  ');
    return [
      line('fault', columns),
      ...lines.map(([name, { rounds, writes, deliveries, wrong, repeats, resyncs, unaware, worst }]) =>
        line(
          name,
          [
            ...[rounds, writes, deliveries, wrong.lost, wrong.duplicated, wrong.reordered, wrong.stale, wrong.ghost],
            ...[repeats, resyncs],
            (unaware / 1000).toFixed(1),
            (worst / 1000).toFixed(1),
          ].map(String),
        ),
      ),
      ...this.#tellCalm(),
    ];
  }

  #tellCalm(): string[] {
    const sorted = [...this.#calmSpans].sort((one, other) => one - other);
    const within = (share: number): string => `${sorted[Math.ceil(sorted.length * share) - 1] ?? 0} ms`;
    if (sorted.length === 0) return [];
    return [
      `without a fault, ${sorted.length} changes were at a dashboard so long after their acknowledgement: ` +
        `half within ${within(0.5)}, 99 % within ${within(0.99)}, all within ${within(1)}`,
    ];
  }
}
