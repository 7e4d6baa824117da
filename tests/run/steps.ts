import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { flawsOf, readDependencies } from './dependencies.ts';
import { buildDashboard, dashboardOutdated } from '@live-orders/local/parts/dashboard-build.ts';

const root = join(import.meta.dirname, '..', '..');
export const results = join(root, 'test-results');

export interface Outcome {
  passed: number;
  failed: number;
  /** Shown when something failed. */
  output: string;
  /** What failed and why, some lines for each: it is said once more at the end, which is all that some logs keep. */
  failures?: string[];
  /** What took how many seconds, where the step has parts. */
  parts?: { name: string; seconds: number }[];
}

export interface Step {
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

/** A command that counts as one, and passes when it ends with 0. What runs beside it goes first. */
export const check = (name: string, command: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, output } = await execute('nice', ['-n', '10', command, ...args]);
    return { passed: Number(code === 0), failed: Number(code !== 0), output };
  },
});

const file = z.object({
  name: z.string(),
  status: z.string(),
  startTime: z.number(),
  endTime: z.number(),
  message: z.string(),
  assertionResults: z.array(
    z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()).nullish() }),
  ),
});

/** The tests of a file that failed, each with the beginning of what it said; or what kept the file from being loaded. */
const failuresOf = ({ name, status, message, assertionResults }: z.infer<typeof file>): string[] => {
  const said = (what: string, why: string): string => `${name.slice(root.length + 1)}: ${what}\n${why.slice(0, 1_000)}`;
  if (status === 'failed' && assertionResults.length === 0) return [said('could not be loaded', message)];
  return assertionResults
    .filter((one) => one.status === 'failed')
    .map((one) => said(one.fullName, one.failureMessages?.join('\n') ?? ''));
};

const report = z.object({ numPassedTests: z.int(), numFailedTests: z.int(), testResults: z.array(file) });

/** The tests of one vitest project; a file that cannot even be loaded counts as one failure. */
export const tests = (project: string): Step => ({
  name: `${project} tests`,
  run: async () => {
    const json = join(results, `${project}.json`);
    const { code } = await execute(
      'vitest',
      ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${json}`],
      { live: true },
    );
    const { numPassedTests, numFailedTests, testResults } = report.parse(JSON.parse(readFileSync(json, 'utf8')));
    const broken = testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
    const failed = numFailedTests + broken;
    // An error outside of any test, such as one of a teardown, fails the run too.
    const outside = failed === 0 && code !== 0;
    return {
      passed: numPassedTests,
      failed: outside ? 1 : failed,
      output: '',
      failures: outside ? [`${project} tests: an error outside of any test`] : testResults.flatMap(failuresOf),
      parts: testResults.map(({ name, startTime, endTime }) => ({
        name: name.slice(root.length + 1),
        seconds: (endTime - startTime) / 1000,
      })),
    };
  },
});

export const build: Step = {
  name: 'dashboard builds',
  run: async () => {
    if (dashboardOutdated()) await buildDashboard(new AbortController().signal);
    return { passed: 1, failed: 0, output: '' };
  },
};

export const dependencies: Step = {
  name: 'dependencies',
  run: async () => {
    const flaws = flawsOf(readDependencies(root));
    return { passed: Number(flaws.length === 0), failed: Number(flaws.length > 0), output: flaws.join('\n') };
  },
};
