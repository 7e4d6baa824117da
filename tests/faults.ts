import { parseArgs } from 'node:util';
import { seededRandom } from '@live-orders/contracts/demo.ts';
import { Experiment, type Round } from './faults/laboratory/experiment.ts';
import { combine, faults, faultsNamed } from './faults/laboratory/faults/faults.ts';
import { Score } from './faults/laboratory/verdict/score.ts';

/**
 * `npm run faults`: lets orders flow through a system of its own, breaks it in all ways that it knows, alone and
 * combined, and checks after each round that every dashboard shows what the database holds. Ends with 1 when anything was
 * wrong. `--rounds 200`, `--seed 7`; `--from 93` begins at that round of the seed; `--only a,b` takes the faults whose
 * names contain these, and `--together` all of them in every round; `--minutes`; `--brokers 1` for a small Kafka;
 * `--patience 45` seconds until all has to agree.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    minutes: { type: 'string', default: '600' },
    brokers: { type: 'string', default: '3' },
    patience: { type: 'string', default: '45' },
    from: { type: 'string', default: '1' },
    together: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const patienceMs = Number(values.patience) * 1000;
/** Every so many rounds nothing is broken, to know how it is when all is well. */
const calmEvery = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const tell = (number: number, { faults: tried, verdict, trail, seconds }: Round): void => {
  const { writes, deliveries, recoveredMs, resyncs, violations } = verdict;
  const names = tried.map(({ name }) => name).join(' + ') || 'nothing';
  const recovered = recoveredMs === null ? 'never agreed' : `agreed after ${(recoveredMs / 1000).toFixed(1)} s`;
  const mark = violations.length === 0 ? '✓' : '✗';
  say(
    `${mark} ${number} ${names}: ${writes} writes, ${deliveries} deliveries, ${resyncs} resyncs, ${recovered}, ${seconds.toFixed(1)} s in all`,
  );
  if (violations.length === 0) return;
  say(`  seed ${seed}, round ${number}`);
  for (const { kind, text } of violations.slice(0, 30)) say(`  ${kind}: ${text}`);
  for (const line of trail) say(`  ${line}`);
};

const main = async (): Promise<number> => {
  const known = values.only === undefined ? faults : faultsNamed(values.only.split(',').map((name) => name.trim()));
  say(`seed ${seed}`);
  const until = Date.now() + Number(values.minutes) * 60_000;
  const experiment = await Experiment.open({ seed, brokers: Number(values.brokers), patienceMs, say });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void experiment.close().finally(() => process.exit(1)));
  const score = new Score();
  try {
    const possible = known.filter(({ name, missing }) => {
      const why = missing?.(experiment.laboratory) ?? null;
      if (why !== null) say(`- ${name} is left out: ${why}`);
      return why === null;
    });
    const first = Number(values.from);
    for (let number = first; number < first + rounds && Date.now() < until; number += 1) {
      const drawn = () => combine(possible, seededRandom(seed * 1_009 + number));
      const chosen = values.together ? possible : number % calmEvery === 0 ? [] : drawn();
      const round = await experiment.round(number, chosen);
      score.add(
        round.faults.map(({ name }) => name),
        round.verdict,
        patienceMs,
      );
      tell(number, round);
    }
  } finally {
    await experiment.close();
  }
  for (const line of score.print()) say(line);
  return score.violations === 0 ? 0 : 1;
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
