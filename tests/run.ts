import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildDashboard, dashboardOutdated } from '@live-orders/local/parts/dashboard-build.ts';

/**
 * `npm test` (everything), `npm run test:unit`, `npm run check`, `npm run fix`. Says each step with its duration, the output of those
 * that fail, and at the end how many passed and failed: a check counts as one, a test file's tests as theirs.
 */
const root = join(import.meta.dirname, '..');
const results = join(root, 'test-results');

interface Outcome {
  passed: number;
  failed: number;
  output: string;
}

interface Step {
  name: string;
  run: () => Promise<Outcome>;
}

const execute = (command: string, args: string[], { live = false } = {}): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });

const check = (name: string, command: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, output } = await execute(command, args);
    return { passed: Number(code === 0), failed: Number(code !== 0), output };
  },
});

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/** Runs the tests of one vitest project; a file that cannot even be loaded counts as one failure. */
const tests = (project: string): Step => ({
  name: `${project} tests`,
  run: async () => {
    const file = join(results, `${project}.json`);
    const { code } = await execute(
      'vitest',
      ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      { live: true },
    );
    const { numPassedTests, numFailedTests, testResults } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
    const broken = testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
    const failed = numFailedTests + broken;
    // Also an error outside of any test, such as something left running, fails the run.
    return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed, output: '' };
  },
});

const build: Step = {
  name: 'dashboard builds',
  run: async () => {
    try {
      if (dashboardOutdated()) await buildDashboard(new AbortController().signal);
      return { passed: 1, failed: 0, output: '' };
    } catch (error) {
      return { passed: 0, failed: 1, output: error instanceof Error ? error.message : String(error) };
    }
  },
};

/** The longest first: they run two at a time. */
const checks: Step[] = [
  check('lint', 'eslint', '--max-warnings', '0', '.'),
  check('types', 'tsc', '-p', '.'),
  check('dashboard types', 'npm', 'run', 'check', '--silent', '-w', 'dashboard'),
  check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
  check('unused code', 'knip', '--no-progress', '--no-config-hints'),
];
/** Types that the dashboard's sources import and SvelteKit writes; lint and types need them. */
const sync = check('dashboard sync', 'npm', 'run', 'sync', '--silent', '-w', 'dashboard');
/** Stages follow each other; the steps of a stage share the machine. */
const plans: Record<string, Step[][]> = {
  all: [[sync], checks, [tests('unit')], [build], [tests('system')]],
  check: [[sync], checks],
  unit: [[sync], [tests('unit')]],
  // One after the other: both write.
  fix: [
    [sync],
    [check('lint mended', 'eslint', '--fix', '.')],
    [check('format mended', 'prettier', '--write', '--log-level', 'warn', '.')],
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
const take = async (step: Step): Promise<void> => {
  const began = performance.now();
  const { passed, failed, output } = await step.run();
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${step.name.padEnd(24)} ${seconds.padStart(7)} s\n`);
  if (failed > 0) process.stdout.write(`${output}\n`);
};
for (const stage of plan) {
  const waiting = [...stage];
  const lane = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) await take(step);
  };
  await Promise.all([lane(), lane()]);
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
