import { afterAll, beforeAll, expect, test } from 'vitest';
import { Experiment } from './laboratory/experiment.ts';
import { faults, pack } from './laboratory/faults/faults.ts';

const seed = 7;
let experiment: Experiment;

beforeAll(async () => {
  experiment = await Experiment.open({ seed, say: (line) => process.stderr.write(`${line}\n`) });
});

afterAll(() => experiment.close());

const possible = (): typeof faults =>
  faults.filter(({ missing }) => (missing?.(experiment.laboratory) ?? null) === null);

test('every fault once: nothing is lost, repeated, reordered or stale at any hop', async () => {
  for (const [index, chosen] of pack(possible(), 8).entries()) {
    const { verdict, trail } = await experiment.round(index + 1, chosen);
    const told = [`seed ${seed}, round ${index + 1}`, ...chosen.map(({ name }) => name), ...trail].join('\n');
    expect(verdict.violations, told).toEqual([]);
    expect(verdict.deliveries).toBeGreaterThan(0);
  }
}, 600_000);
