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

/** Runs one round of the laboratory with a guard taken away from the system, and ends it once it has found the fault. */
const runWithout = async (guard: BrokenGuard, fault: string, verdict: RegExp): Promise<string> => {
  const options = ['--rounds', '1', '--seed', '1', '--brokers', '1', '--patience', '8'];
  const child = spawn(process.execPath, [join(root, 'tests', 'faults.ts'), '--only', fault, '--together', ...options], {
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

/** Each fault makes, whatever the moment, just what its guard is there for: one round is enough. */
const cases: [guard: BrokenGuard, fault: string, verdict: RegExp][] = [
  // Between the two steps, whose order is wrong now.
  ['offsets are committed before Redis acknowledges', 'killed before Redis', /^ {2}(lost|stale): /m],
  ['gaps are not filled', 'Pub/Sub loses messages', /^ {2}(lost|stale): /m],
  ['versions are not compared', 'records repeated', /^ {2}(duplicated|reordered): /m],
  // The other relay has no note of the batch that was sent and not deleted.
  ['two relays at once, and none is fenced', 'killed between Kafka and delete', /^ {2}duplicated: Kafka holds/m],
];

describe('the laboratory fails when', () => {
  test.each(cases)(
    '%s',
    async (guard, fault, verdict) => {
      expect(await runWithout(guard, fault, verdict)).toMatch(verdict);
    },
    240_000,
  );
});
