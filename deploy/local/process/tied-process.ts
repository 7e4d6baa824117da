import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended: with an exit `code`, or by a `signal` (then `code` is null). */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type Output = 'stdout' | 'stderr';

export interface TiedOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The user and group that the process runs as. Only root may set them. */
  account?: { uid: number; gid: number };
  /** Where everything that the process prints goes: a file descriptor, or a function that is called with each line. */
  output: number | ((line: string, from: Output) => void);
  /** The signal that asks the process to stop when this process is gone. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

/** A child process that cannot outlive this one, not even when this one is killed by SIGKILL. */
export interface TiedProcess {
  pid: number;
  /** Resolves when the process has ended; rejects when it could not be started at all. */
  exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
}

/*
 * A process that dies of SIGKILL cannot stop its children, so each child gets a watcher: a shell that waits on a pipe of
 * which only this process holds the other end. When this process dies, however it dies, the pipe closes: the watcher asks
 * the child to stop, and 5 s later kills what is left of its process group, itself included. The watcher is a member of
 * that group, and the system does not reuse a group's id while it has members, so the signal never reaches a stranger.
 * `exec` replaces the first shell by the command, so that the pid which Node knows is the command's own.
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

const stdio = (output: TiedOptions['output']): StdioOptions =>
  typeof output === 'number' ? ['ignore', output, output, 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe'];

const outcome = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // Closing the pipe lets the watcher go on: it kills whatever the process has left behind in its group, and ends.
      child.stdio[3]?.destroy();
      resolve({ code, signal });
    });
  });

/** Starts `command`, tied to this process. Its process group is its own, so a terminal's Ctrl-C does not reach it. */
export const spawnTied = (command: string, args: string[], options: TiedOptions): TiedProcess => {
  const { cwd, env = process.env, account, output, stopSignal = 'SIGTERM' } = options;
  const child = spawn('/bin/sh', ['-c', script, 'tied-process', stopSignal.slice(3), command, ...args], {
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

/** Runs `command` to its end, tied to this process. An abort of `signal` kills it; the promise then rejects. */
export const runTied = async (
  command: string,
  args: string[],
  options: TiedOptions & { signal: AbortSignal },
): Promise<Exit> => {
  options.signal.throwIfAborted();
  const child = spawnTied(command, args, options);
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

/** An exit in words: `exit code 1`, `SIGKILL`. */
export const describeExit = ({ code, signal }: Exit): string => signal ?? `exit code ${code}`;
