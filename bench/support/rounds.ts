import { nearestRank } from '../../contracts/src/nearest-rank.ts';
import { isShort } from './short.ts';

const clients = 16;
export const rounds = isShort ? 3 : 5;
export const roundMs = isShort ? 1_500 : 3_000;

/** One request or one transaction; `index` counts them over all rounds. */
export type Work = (index: number) => Promise<void>;

/** How often a second `work` gets done by 16 clients, each of which begins again as soon as it is done. */
export const rateOf = async (work: () => Promise<void>, ms: number): Promise<number> => {
  const began = performance.now();
  let done = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - began < ms) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1000) / (performance.now() - began);
};

const counted = (work: Work): (() => Promise<void>) => {
  let index = 0;
  return () => work(index++);
};

/** The value in the middle; of an even number the lower one of the two. */
export const median = (values: number[]): number => nearestRank(values, 0.5) ?? NaN;

/** Rates of both ways, measured in turn so that whatever else the machine does slows both; one of each for each round. */
export const compare = async (measured: Work, floor: Work) => {
  const [ours, bare] = [counted(measured), counted(floor)];
  await rateOf(ours, roundMs / 2);
  await rateOf(bare, roundMs / 2);
  const results: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = await rateOf(ours, roundMs);
    results.push({ ours: first, bare: await rateOf(bare, roundMs) });
  }
  return {
    ours: results.map((one) => one.ours),
    bare: results.map((one) => one.bare),
    ratio: results.map((one) => one.ours / one.bare),
  };
};
