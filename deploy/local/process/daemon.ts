import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, spawnTied, type Exit, type TiedProcess, type Output } from './tied-process.ts';
import { lastLines } from './last-lines.ts';
import { StartError } from './start-error.ts';

export interface DaemonSpec {
  /** The name that people see: `Kafka`, `orders`. */
  name: string;
  port: number;
  command: string;
  args: string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  account?: { uid: number; gid: number };
  /** Where its output goes: a log file that is appended to, or a function that is called with each line. */
  output: string | ((line: string, from: Output) => void);
  /** The signal that ends it gracefully. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Called before each start: writes what the process needs, and removes what a killed run may have left behind. */
  prepare?: () => Promise<void>;
  /** Asks the process once whether it works; false while it is still coming up. */
  answers: (pid: number) => Promise<boolean>;
  /** Milliseconds from its start within which it must answer. */
  patience: number;
}

const never = new AbortController().signal;

/** One process on one port (a server, or a part of the system) that can be started, stopped, killed and started again. */
export class Daemon {
  readonly name: string;
  readonly port: number;
  readonly #spec: DaemonSpec;
  #process: TiedProcess | undefined;
  #running = false;

  constructor(spec: DaemonSpec) {
    this.name = spec.name;
    this.port = spec.port;
    this.#spec = spec;
  }

  /** The process, or undefined while there is none. */
  get pid(): number | undefined {
    return this.#running ? this.#process?.pid : undefined;
  }

  /** Resolves when the process that was started last has ended. Throws where none was started yet. */
  get exited(): Promise<Exit> {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process.exited;
  }

  /**
   * Starts the process and resolves once it answers. Rejects with a StartError when the process ends before or does not
   * answer in time, and with the signal's reason when `signal` aborts; nothing is left running then.
   */
  async start(signal: AbortSignal = never): Promise<void> {
    if (this.#running) throw new Error(`${this.name} runs already`);
    await this.#spec.prepare?.();
    signal.throwIfAborted();
    const started = this.#spawn();
    try {
      await this.#answered(started, signal);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Asks the process to stop and resolves when it has; false when it had to be killed after `grace` ms. */
  async stop(grace = 8_000): Promise<boolean> {
    if (!this.#running || this.#process === undefined) return true;
    const { exited } = this.#process;
    this.#process.signal(this.#spec.stopSignal ?? 'SIGTERM');
    const timer = new AbortController();
    const stopped = await Promise.race([
      exited.then(() => true),
      delay(Math.max(grace, 0), false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (!stopped) await this.kill();
    return stopped;
  }

  /** Sends a signal that ends the process, by default one that leaves it no chance to tidy up; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#running || this.#process === undefined) return;
    this.#process.signal(signal);
    await this.#process.exited;
  }

  #spawn(): TiedProcess {
    const { command, args, cwd, env, account, output, stopSignal } = this.#spec;
    const options = { cwd, env, account, stopSignal };
    let started: TiedProcess;
    if (typeof output === 'string') {
      mkdirSync(dirname(output), { recursive: true });
      const file = openSync(output, 'a');
      started = spawnTied(command, args, { ...options, output: file });
      closeSync(file);
    } else {
      started = spawnTied(command, args, { ...options, output });
    }
    this.#process = started;
    this.#running = true;
    const ended = (): void => {
      if (this.#process === started) this.#running = false;
    };
    started.exited.then(ended, ended);
    return started;
  }

  async #answered(started: TiedProcess, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + this.#spec.patience;
    const ended = started.exited.then((exit) => {
      throw new StartError(`${this.name} stopped (${describeExit(exit)}) before it was ready${this.#hint()}`);
    });
    const answered = async (): Promise<void> => {
      while (!(await this.#spec.answers(started.pid))) {
        signal.throwIfAborted();
        if (Date.now() > deadline) {
          throw new StartError(`${this.name} does not answer after ${this.#spec.patience / 1000} s${this.#hint()}`);
        }
        await delay(50);
      }
    };
    const polling = answered();
    // Whichever of the two loses the race ends later, and its rejection must not count as unhandled.
    ended.catch(() => undefined);
    polling.catch(() => undefined);
    await Promise.race([ended, polling]);
  }

  #hint(): string {
    if (typeof this.#spec.output !== 'string') return '; its own lines above tell why';
    const [last] = lastLines(this.#spec.output, 1);
    return last === undefined ? '' : `: “${last.trim()}” (more in ${this.#spec.output})`;
  }
}
