import { appendFile } from 'node:fs/promises';
import { z } from 'zod';
import { median } from './rounds.ts';
import { figuresFile } from './short.ts';

const units = z.enum(['ratio', 'per second', 'number', 's', 'ms', 'µs', 'KiB', 'MB']);
type Unit = z.infer<typeof units>;

/** One thing that a benchmark found, with the value of each round. */
export interface Measured {
  /** What was measured, as a table names it. */
  name: string;
  unit: Unit;
  better: 'more' | 'less';
  values: number[];
}

/** A figure as results keep it; `low` and `high` are the extremes of the rounds. */
export const figure = z.object({
  bench: z.string(),
  name: z.string(),
  unit: units,
  better: z.enum(['more', 'less']),
  median: z.number(),
  low: z.number(),
  high: z.number(),
});
export type Figure = z.infer<typeof figure>;

const written = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Prints what was measured as a table; one of many also adds it to their file, a JSON object a line. */
export const report = async (bench: string, measured: Measured[]): Promise<void> => {
  const figures = measured.map(({ values, ...one }): Figure => {
    return { bench, ...one, median: median(values), low: Math.min(...values), high: Math.max(...values) };
  });
  const rows = figures.map(({ name, unit, ...of }) => {
    const spread = of.low === of.high ? '' : `${written(of.low)} to ${written(of.high)}`;
    return `| ${name} | ${written(of.median)} | ${spread} | ${unit} |\n`;
  });
  process.stdout.write(`| ${bench} | median | rounds | |\n|---|---|---|---|\n${rows.join('')}`);
  if (figuresFile !== undefined)
    await appendFile(figuresFile, figures.map((one) => `${JSON.stringify(one)}\n`).join(''));
};
