import { mkdirSync, rmSync } from 'node:fs';
import { markRun } from './run/leftovers.ts';
import { build, check, dependencies, type Outcome, results, type Step, tests } from './run/steps.ts';

/**
 * `npm test`, `npm run test:faults`, `npm run test:unit`, `npm run check`, `npm run fix`; `ci` is the first two with one
 * total. Says each step with its duration, the output of those that fail, what took longest, and at the end how many
 * passed and failed: a check counts as one, a test file's tests as theirs.
 */

/** Types that the dashboard's sources import and SvelteKit writes; lint and types need them. */
const sync = check('dashboard sync', 'npm', 'run', 'sync', '--silent', '-w', 'dashboard');
/** What the rules of structure are about: `.dependency-cruiser.mjs` says them. */
const rooms = ['contracts', 'services', 'gateway', 'deploy/local', 'dashboard/src', 'tests', 'bench'];

/**
 * Components that have not changed are not looked at again, which takes 27 s of CPU. A type that changes elsewhere may make a
 * rule fail in them: a fresh clone, as of CI, looks at all.
 */
const lintCache = ['--cache', '--cache-strategy', 'content', '--cache-location', '.local/eslint-cache'];

/** Steps that follow each other, beside the other lanes of their stage. */
type Lane = Step[];

const checks: Lane = [
  check('lint and types', 'oxlint', '--type-aware', '--type-check', '--deny-warnings'),
  check('lint of components', 'eslint', ...lintCache, '--max-warnings', '0', 'dashboard'),
  check('types of components', 'npm', 'run', 'check', '--silent', '-w', 'dashboard'),
  check('format', 'oxfmt', '--check', '.'),
  check('unused code', 'knip', '--cache', '--no-progress', '--no-config-hints'),
  check('structure', 'depcruise', '--config', '.dependency-cruiser.mjs', ...rooms),
  dependencies,
];

/**
 * The tests of the system leave a third of two cores idle, which is enough for the checks beside them; only the dashboard
 * has to be built first, where it changed.
 */
const everything: Lane[][] = [[[sync, build]], [[tests('system')], [tests('unit')], checks]];
const gallery = 'tests/browser/gallery.test.ts';
const faults: Lane[] = [[tests('faults')]];
/** Stages follow each other. */
const plans: Record<string, Lane[][]> = {
  all: everything,
  faults: [[[sync]], faults],
  ci: [...everything, faults],
  check: [[[sync]], [checks]],
  // Keeps the pictures of the gallery as it looks now.
  looks: [
    [[sync, build]],
    [[check('new looks', 'env', 'ACCEPT_LOOKS=1', 'vitest', 'run', '--project', 'system', gallery)]],
  ],
  unit: [[[sync]], [[tests('unit')]]],
  // One after the other: both write.
  fix: [
    [
      [
        sync,
        check('lint mended', 'oxlint', '--type-aware', '--fix'),
        check('components mended', 'eslint', '--fix', 'dashboard'),
        check('format mended', 'oxfmt', '.'),
      ],
    ],
  ],
};

const plan = plans[process.argv[2] ?? 'all'];
if (!plan) {
  process.stderr.write(`usage: tests/run.ts [${Object.keys(plans).join(' | ')}]\n`);
  process.exit(2);
}
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const total = { passed: 0, failed: 0 };
const failures: string[] = [];
const durations: { name: string; seconds: number }[] = [];
const listed = 12;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const inSeconds = (seconds: number): string => `${seconds.toFixed(1).padStart(7)} s`;

const attempt = async ({ run }: Step): Promise<Outcome> => {
  try {
    return await run();
  } catch (error) {
    return { passed: 0, failed: 1, output: error instanceof Error ? error.message : String(error) };
  }
};

const take = async (step: Step): Promise<void> => {
  const began = performance.now();
  const { passed, failed, output, parts, failures: told } = await attempt(step);
  const seconds = (performance.now() - began) / 1000;
  total.passed += passed;
  total.failed += failed;
  durations.push(...(parts ?? [{ name: step.name, seconds }]));
  say(`${failed === 0 ? '✓' : '✗'} ${step.name.padEnd(24)} ${inSeconds(seconds)}`);
  if (failed === 0) return;
  failures.push(...(told ?? [`${step.name}\n${output.slice(-2_000)}`]));
  if (output) say(output);
};

const began = performance.now();
const findLeftovers = markRun();
for (const lanes of plan) {
  await Promise.all(
    lanes.map(async (lane) => {
      for (const step of lane) await take(step);
    }),
  );
}
await take({
  name: 'nothing left behind',
  run: async () => {
    const left = await findLeftovers();
    return { passed: Number(left.length === 0), failed: Number(left.length > 0), output: left.join('\n') };
  },
});
say(`\nWhat took longest of ${inSeconds((performance.now() - began) / 1000).trim()}:`);
for (const { name, seconds } of durations.toSorted((a, b) => b.seconds - a.seconds).slice(0, listed))
  say(`${inSeconds(seconds)}  ${name}`);
for (const failure of failures) say(`\n✗ ${failure}`);
say(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
