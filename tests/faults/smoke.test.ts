import { afterAll, beforeAll, expect, test } from 'vitest';
import { Experiment } from './laboratory/experiment.ts';
import { faults as known, pack } from './laboratory/faults/faults.ts';

const seed = 7;
let experiment: Experiment;

beforeAll(async () => {
  // One broker: what three do when one is lost is for the long run.
  experiment = await Experiment.open({ seed, brokers: 1, say: (line) => process.stderr.write(`${line}\n`) });
});

afterAll(() => experiment.close());

/** One of each kind: a process killed, paused, and killed at an exact place, a server, three kinds of wire, and clients. */
const names = [
  'gateway killed',
  'bridge paused',
  'killed between Kafka and delete',
  'Redis killed, without its data',
  'users killed',
  'bridges → Redis: a black hole',
  'gateways → services: slow to answer',
  'clients → gateways: reset',
  'dashboards stop reading',
  'records repeated out of order',
];
const chosen = known.filter(({ name }) => names.includes(name));

test('ten faults of different kinds: nothing is lost, repeated, reordered or stale at any hop', async () => {
  expect(chosen).toHaveLength(names.length);
  for (const [index, faults] of pack(chosen, 10).entries()) {
    const { verdict, trail } = await experiment.round(index + 1, faults);
    const told = [`seed ${seed}, round ${index + 1}`, ...faults.map(({ name }) => name), ...trail].join('\n');
    expect(verdict.violations, told).toEqual([]);
    expect(verdict.deliveries).toBeGreaterThan(0);
  }
}, 300_000);
