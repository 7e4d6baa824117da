import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Figure, figure } from '../support/figures.ts';

/**
 * All benchmarks in a short form, one after the other, about 5 minutes. Writes what they found to `bench/results/<date>.json`.
 *
 *     npm run bench -- --against bench/results/2026-11-26.json
 *
 * also says what has become more than a tenth worse than in that file, and then ends with 1. Ratios are measured in one run
 * and may be compared between machines; other figures only where the machine is the same and idle.
 */
const benches = [
  'orders/orders',
  'gateway/proxy',
  'stream/hub',
  'stream/sockets',
  'stream/relay',
  'stream/bridge',
  'stream/fanout',
  'stream/pipeline',
  'dashboard/dashboard',
  'start/start',
];
const results = join(import.meta.dirname, '../results');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const saved = z.object({
  date: z.string(),
  machine: z.object({ cpus: z.number(), model: z.string(), node: z.string() }),
  figures: z.array(figure),
});

const run = async (bench: string, file: string): Promise<void> => {
  say(`\n${bench}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, `../${bench}.ts`)], {
    stdio: 'inherit',
    env: { ...process.env, BENCH_FIGURES: file },
  });
  const [code] = z.tuple([z.number().nullable(), z.unknown()]).parse(await once(child, 'exit'));
  if (code !== 0) throw new Error(`${bench} ended with ${code}`);
};

const isWorse = (now: Figure, before: Figure): boolean =>
  now.better === 'more' ? now.median < before.median * 0.9 : now.median > before.median * 1.1;

const compare = async (now: Figure[], file: string): Promise<void> => {
  const { figures, date } = saved.parse(JSON.parse(await readFile(file, 'utf8')));
  const worse = now.flatMap((one) => {
    const before = figures.find(({ bench, name }) => bench === one.bench && name === one.name);
    return before && isWorse(one, before) ? [{ ...one, before: before.median }] : [];
  });
  say(`\nworse than on ${date} by more than a tenth: ${worse.length}`);
  for (const { bench, name, before, median, unit } of worse)
    say(`- ${bench}, ${name}: ${before.toFixed(2)} → ${median.toFixed(2)} ${unit}`);
  if (worse.length > 0) process.exitCode = 1;
};

const against = process.argv.indexOf('--against');
const folder = await mkdtemp(join(tmpdir(), 'live-orders-bench-'));
try {
  const file = join(folder, 'figures');
  for (const bench of benches) await run(bench, file);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const figures = lines.map((line) => figure.parse(JSON.parse(line)));
  const date = new Date().toISOString().slice(0, 10);
  const [first] = cpus();
  const machine = { cpus: cpus().length, model: first?.model ?? '', node: process.version };
  if (against >= 0) await compare(figures, process.argv[against + 1] ?? '');
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${date}.json`), `${JSON.stringify({ date, machine, figures }, null, 2)}\n`);
  say(`\nsaved as bench/results/${date}.json`);
} finally {
  await rm(folder, { recursive: true });
}
