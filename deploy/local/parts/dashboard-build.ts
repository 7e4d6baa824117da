import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describeExit, runTied } from '../process/tied-process.ts';
import { logs, root } from '../places.ts';
import { lastLines } from '../process/last-lines.ts';
import { StartError } from '../process/start-error.ts';

const folder = join(root, 'dashboard');
const stamp = join(folder, 'build', '.sources');

/** What the built dashboard is made of. */
const sources = [
  ...['src', 'static', 'package.json', 'vite.config.ts', 'tsconfig.json'].map((name) => join(folder, name)),
  join(root, 'contracts', 'src'),
  join(root, 'package-lock.json'),
];

const filesOf = (path: string): string[] => {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)));
};

/** A hash of the names (relative to `base`) and contents of all files in `paths`; a missing path counts as empty. */
export const hashSources = (base: string, paths: string[]): string => {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesOf).sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(base, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
};

/** Whether the dashboard has to be built, because there is no build, or one of other sources. */
export const dashboardOutdated = (): boolean =>
  !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hashSources(root, sources);

/** Builds the dashboard. Rejects with a StartError that shows the last lines of Vite's output where the build fails. */
export const buildDashboard = async (signal: AbortSignal): Promise<void> => {
  // Taken before the build, so that a file which is saved during the build makes the next start build again.
  const hash = hashSources(root, sources);
  const log = join(logs, 'dashboard-build.log');
  await mkdir(logs, { recursive: true });
  await rm(stamp, { force: true });
  const lines: string[] = [];
  const output = (line: string): number => lines.push(line);
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const env = { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' };
  const exit = await runTied(process.execPath, [vite, 'build'], { cwd: folder, env, output, signal });
  await writeFile(log, `${lines.join('\n')}\n`);
  if (exit.code !== 0) {
    const end = lastLines(log, 3).join(' / ');
    throw new StartError(`the dashboard does not build (${describeExit(exit)}): ${end} (more in ${log})`);
  }
  await writeFile(stamp, hash);
};
