import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended: by `code`, or by `signal` (then `code` is null). */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type Output = 'stdout' | 'stderr';

export interface LeashOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Whom the process runs as; only root can say so. */
  account?: { uid: number; gid: number };
  /** A file descriptor that takes everything which the process prints, or a function called with each line. */
  output: number | ((line: string, from: Output) => void);
  /** The signal that asks the process to stop once this process is gone. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

/** A process that cannot outlive this one, whatever this one dies of. */
export interface Leashed {
  pid: number;
  /** Resolves when the process has ended; rejects when it could not be started at all. */
  exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
}

/*
 * A process that dies of SIGKILL cannot tidy up, so that each child gets a watcher: a shell that waits on a pipe which
 * only we hold open. When the pipe closes, it asks the child to stop, and 5 s later kills what is left of its process
 * group, itself included. As long as the watcher is in the group, the system does not give the group's id to another
 * process, so that it never hits a stranger. The child takes the place of the first shell (`exec`): its pid is the one
 * that Node knows, and no shell stands between them.
 */
const script = `
signal=$1; shift
(
  read -r _ <&3
  kill -s "$signal" $$
  i=0
  while kill -0 $$ && [ $i -lt 25 ]; do sleep 0.2; i=$((i + 1)); done
  kill -s KILL 0
) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

const stdio = (output: LeashOptions['output']): StdioOptions =>
  typeof output === 'number' ? ['ignore', output, output, 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe'];

const outcome = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // Frees the watcher, which then ends whatever the process has left behind in its group.
      child.stdio[3]?.destroy();
      resolve({ code, signal });
    });
  });

/** Starts `command` in a process group of its own, so that a terminal's Ctrl-C does not reach it, on a leash. */
export const spawnLeashed = (command: string, args: string[], options: LeashOptions): Leashed => {
  const { cwd, env = process.env, account, output, stopSignal = 'SIGTERM' } = options;
  const child = spawn('/bin/sh', ['-c', script, 'leash', stopSignal.slice(3), command, ...args], {
    cwd,
    env,
    ...account,
    detached: true,
    stdio: stdio(output),
  });
  const exited = outcome(child);
  if (typeof output === 'function') {
    for (const from of ['stdout', 'stderr'] as const) {
      const stream = child[from];
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => output(line, from));
    }
  }
  return {
    pid: child.pid ?? 0,
    exited,
    signal: (name) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
  };
};

/** Runs a command to its end, on a leash; kills it when `signal` aborts. */
export const runLeashed = async (
  command: string,
  args: string[],
  options: LeashOptions & { signal: AbortSignal },
): Promise<Exit> => {
  options.signal.throwIfAborted();
  const child = spawnLeashed(command, args, options);
  const kill = (): void => child.signal('SIGKILL');
  options.signal.addEventListener('abort', kill);
  try {
    const exit = await child.exited;
    options.signal.throwIfAborted();
    return exit;
  } finally {
    options.signal.removeEventListener('abort', kill);
  }
};

/** `exit code 1`, `SIGKILL`. */
export const describeExit = ({ code, signal }: Exit): string => signal ?? `exit code ${code}`;
