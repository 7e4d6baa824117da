import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { local } from '@live-orders/local/places.ts';

const version = '4.32.5';
const home = join(local, `schemathesis-${version}`);
const program = join(home, 'bin', 'schemathesis');

/** Runs a program with its output on ours; resolves to the exit code, null when it cannot be run at all. */
const run = (command: string, args: string[], cwd = local): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });

/** Schemathesis, installed into `.local/` where it is missing. Throws what a person has to do when that cannot be. */
export const installSchemathesis = async (): Promise<void> => {
  if (existsSync(program)) return;
  mkdirSync(local, { recursive: true });
  process.stdout.write(`Installing schemathesis ${version} into .local/ …\n`);
  const made = await run('python3', ['-m', 'venv', home]);
  if (made === null) throw new Error('python3 is missing: install Python 3.10 or newer, it runs the fuzzer');
  const pip = join(home, 'bin', 'pip');
  const installed = made === 0 && (await run(pip, ['install', '--quiet', `schemathesis==${version}`])) === 0;
  if (installed) return;
  rmSync(home, { recursive: true, force: true });
  throw new Error(
    'schemathesis could not be installed: Python needs its venv module (apt install python3-venv) and access to PyPI',
  );
};

export interface Attack {
  /** An OpenAPI document in a file. */
  document: string;
  /** Where the paths of the document begin. */
  url: string;
  headers: Record<string, string>;
  /** Cases for each operation and phase at most. */
  examples: number;
  seed: number;
  /** Operations that would spoil the run. */
  without: string[];
}

const har = z.object({
  log: z.object({ entries: z.array(z.object({ response: z.object({ status: z.int() }) })) }),
});

/** How many answers of each status a report has. */
const count = (report: string): Map<number, number> => {
  const { entries } = har.parse(JSON.parse(readFileSync(report, 'utf8'))).log;
  const byStatus = Map.groupBy(entries, ({ response }) => response.status);
  return new Map(
    [...byStatus].map(([status, list]): [number, number] => [status, list.length]).sort(([a], [b]) => a - b),
  );
};

/** Sends what the document allows and what it does not; tells whether every answer was as documented, and their statuses. */
export const attack = async ({ document, url, headers, examples, seed, without }: Attack) => {
  const report = `${document}.har`;
  const args = [
    ...['run', document, '--url', url],
    ...['--checks', 'not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance'],
    ...['--phases', 'examples,coverage,fuzzing', '--mode', 'all', '--max-examples', String(examples)],
    ...['--seed', String(seed), '--continue-on-failure', '--request-timeout', '20', '--no-color', '--warnings', 'off'],
    ...['--suppress-health-check', 'all', '--generation-database', 'none', '--max-redirects', '0'],
    ...['--report', 'har', '--report-har-path', report],
    ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...without.flatMap((id) => ['--exclude-operation-id', id]),
  ];
  // It keeps a cache in the folder where it runs.
  const passed = (await run(program, args, dirname(document))) === 0;
  return { passed, statuses: count(report) };
};
