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

/**
 * Runs the laboratory with a guard taken away from the system, until it finds the fault: whether a round hits it depends on
 * moments. With this seed the same bridge that cannot reach Redis is killed half a second later, in every round.
 */
const runWithout = async (guard: BrokenGuard, faults: string, verdict: RegExp): Promise<string> => {
  const options = ['--together', '--rounds', '8', '--seed', '2406', '--brokers', '1', '--patience', '8'];
  const child = spawn(process.execPath, [join(root, 'tests', 'faults.ts'), '--only', faults, ...options], {
    env: { ...process.env, ...mutated(guard) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    if (verdict.test(output)) child.kill();
  }
  await exited;
  return output;
};

const cases: [guard: BrokenGuard, faults: string, verdict: RegExp][] = [
  [
    'offsets are committed before Redis acknowledges',
    'bridge killed,bridges → Redis: a black hole',
    /^ {2}(lost|stale): /m,
  ],
  ['gaps are not filled', 'subscriptions killed', /^ {2}(lost|stale): /m],
  ['versions are not compared', 'records repeated', /^ {2}(duplicated|reordered): /m],
  ['two relays at once, and none is fenced', 'gateway restarted', /^ {2}duplicated: Kafka holds/m],
];

describe('the laboratory fails when', () => {
  test.each(cases)(
    '%s',
    async (guard, faults, verdict) => {
      expect(await runWithout(guard, faults, verdict)).toMatch(verdict);
    },
    240_000,
  );
});
