import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mutated } from './laboratory/rig/instance.ts';
import { type BrokenGuard, mutations } from './laboratory/mutations/mutations.ts';

const root = join(import.meta.dirname, '..', '..');

describe('a mutation', () => {
  const edits = Object.entries(mutations).flatMap(([name, list]) => (list ?? []).map((edit) => ({ name, ...edit })));
  test.each(edits)('“$name” finds its text once in $file', ({ file, find }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
  });
});

interface Case {
  guard: BrokenGuard;
  fault: string;
  verdict: RegExp;
  /** Seconds that the round waits until all copies agree. */
  patience: number;
}

/** Where something is lost, the copies never agree, and the round only has to wait until what is under way has come. */
const never = 8;
/**
 * Where something is there twice, they do, and the round ends then. It has to wait for that: on a machine where much else ran,
 * the other relay once had not begun when the round gave up, and all that had not come yet was told as lost.
 */
const late = 90;

/** Runs one round of the laboratory with a guard taken away from the system, and ends it once it has found the fault. */
const runWithout = async ({ guard, fault, verdict, patience }: Case): Promise<string> => {
  const options = ['--rounds', '1', '--seed', '1', '--brokers', '1', '--patience', String(patience)];
  const child = spawn(process.execPath, [join(root, 'tests', 'faults.ts'), '--only', fault, '--together', ...options], {
    env: { ...process.env, ...mutated(guard) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let output = '';
  const hear = (chunk: string): void => {
    output += chunk;
    if (verdict.test(output)) child.kill();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  await exited;
  return output;
};

/** Each fault makes, whatever the moment, just what its guard is there for: one round is enough. */
const cases: Case[] = [
  // Between the two steps, whose order is wrong now. Bridges that share the partitions out at the beginning may come between
  // them as well: then what is lost keeps the dashboards stale, and the laboratory says so instead of opening.
  {
    guard: 'offsets are committed before Redis acknowledges',
    fault: 'killed before Redis',
    verdict: /^ {2}(lost|stale): |does not become live: .*"behind":"bridge"/m,
    patience: never,
  },
  { guard: 'gaps are not filled', fault: 'Pub/Sub loses messages', verdict: /^ {2}(lost|stale): /m, patience: never },
  {
    guard: 'versions are not compared',
    fault: 'records repeated',
    verdict: /^ {2}(duplicated|reordered): /m,
    patience: late,
  },
  // Both read the same rows while the first of them waits for Kafka's answer.
  {
    guard: 'two relays at once, and none is fenced',
    fault: 'services → Kafka: slow to answer',
    verdict: /^ {2}duplicated: Kafka holds/m,
    patience: late,
  },
];

describe('the laboratory fails when', () => {
  test.each(cases)(
    '$guard',
    async (one) => {
      expect(await runWithout(one)).toMatch(one.verdict);
    },
    240_000,
  );
});
