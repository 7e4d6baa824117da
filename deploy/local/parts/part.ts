import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from '../process/daemon.ts';
import type { Output } from '../process/tied-process.ts';
import { blankEnv, mergeEnv, readPartEnv, type Env } from './part-env.ts';
import { parts, type PartName } from './parts.ts';
import { local, root } from '../places.ts';
import { httpAnswers } from './http-probe.ts';

export interface PartOptions {
  name: PartName;
  port: number;
  /** Variables for the part; the shell's and the part's own `.env` win over them unless `forced`. */
  env: Env;
  /** For tests: `env` wins over the shell, and the part's `.env` does not count at all. */
  forced?: boolean;
  /** Restart on change, and Vite's server for the dashboard. */
  dev?: boolean;
  onLine: (line: string, from: Output) => void;
}

/** The command line of Node for a part, run in its folder. */
const nodeArguments = (name: PartName, port: number, host: string, dev: boolean): string[] => {
  if (name !== 'dashboard') return dev ? ['--watch', '--watch-preserve-output', 'src/main.ts'] : ['src/main.ts'];
  if (!dev) return [...(existsSync(join(root, parts[name].folder, '.env')) ? ['--env-file=.env'] : []), 'serve.js'];
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  return [vite, 'dev', '--port', String(port), '--strictPort', '--host', host, '--clearScreen', 'false'];
};

/** A part of the system, not started yet. It runs in its folder and says its lines to `onLine`. */
export const createPart = ({ name, port, env, forced = false, dev = false, onLine }: PartOptions): Daemon => {
  const { folder, health } = parts[name];
  const defaults = {
    NODE_ENV: 'development',
    // Nobody but this machine: the demo accounts' password is known to all.
    HOST: '127.0.0.1',
    NODE_COMPILE_CACHE: join(local, 'compile-cache'),
    ...env,
  };
  const file = readPartEnv(name);
  const merged = forced ? { ...process.env, ...blankEnv(file), ...defaults } : mergeEnv(process.env, file, defaults);
  const complete: Env = { ...merged, PORT: String(port) };
  return new Daemon({
    name,
    port,
    command: process.execPath,
    args: nodeArguments(name, port, complete.HOST ?? '127.0.0.1', dev),
    cwd: join(root, folder),
    env: complete,
    output: onLine,
    answers: () => httpAnswers(`http://127.0.0.1:${port}${health}`),
    patience: 60_000,
  });
};

/** Creates a part for a test, where `env` wins over everything, and starts it; resolves when it answers. */
export const startPart = async (options: Omit<PartOptions, 'forced'>, signal?: AbortSignal): Promise<Daemon> => {
  const part = createPart({ ...options, forced: true });
  await part.start(signal);
  return part;
};
