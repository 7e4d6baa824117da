import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../places.ts';
import { Daemon } from '../process/daemon.ts';
import type { Output } from '../process/tied-process.ts';
import { httpAnswers } from './http-probe.ts';
import { speaksHttps, type Env } from './part-env.ts';
import { parts, type PartName } from './parts.ts';

export interface PartOptions {
  name: PartName;
  port: number;
  /** Default: any free one. */
  opsPort?: number;
  /** All environment variables of the process but PORT and OPS_PORT. The part adds those of its own `.env` that are missing here. */
  env: Env;
  /** Restarts the part when its sources change, and serves the dashboard by Vite. */
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

/** A part of the system, not started yet. It runs in its folder, and `onLine` gets each line that it writes. */
export const createPart = ({ name, port, opsPort = 0, env, dev = false, onLine }: PartOptions): Daemon => {
  const { folder, health } = parts[name];
  const scheme = speaksHttps(name, env) ? 'https' : 'http';
  return new Daemon({
    name,
    port,
    command: process.execPath,
    args: nodeArguments(name, port, env.HOST ?? '127.0.0.1', dev),
    cwd: join(root, folder),
    env: { ...env, PORT: String(port), OPS_PORT: String(opsPort) },
    output: onLine,
    answers: () => httpAnswers(`${scheme}://127.0.0.1:${port}${health}`),
    patience: 60_000,
  });
};
