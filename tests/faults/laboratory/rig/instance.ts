import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { createTestPart } from '@live-orders/test-support/system/part.ts';
import type { Env } from '@live-orders/local/parts/part-env.ts';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import { type KillPoint, lossMark, type Mutation } from '../mutations/mutations.ts';

const hook = pathToFileURL(join(import.meta.dirname, '../mutations/mutation-hook.ts')).href;

export interface InstanceOptions {
  /** `orders-2` */
  name: string;
  part: PartName;
  port: number;
  opsPort: number;
  env: Env;
  onLine: (line: string) => void;
}

/** One process of a part; there may be several. */
export class Instance {
  readonly name: string;
  readonly part: PartName;
  readonly port: number;
  /** While a fault keeps it down, nobody starts it again. */
  held = false;
  /** How many messages it has lost on purpose since it was started. */
  losses = 0;
  readonly #options: InstanceOptions;
  #daemon: Daemon | null = null;
  #starting = false;

  constructor(options: InstanceOptions) {
    this.name = options.name;
    this.part = options.part;
    this.port = options.port;
    this.#options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where it tells operators its health and figures, where that is not at `port`. */
  get operationsUrl(): string {
    return `http://127.0.0.1:${this.#options.opsPort}`;
  }

  /** Whether it has ended without being held, so that its supervisor would start it. */
  get isDown(): boolean {
    return !this.held && !this.#starting && !this.isAlive;
  }

  /** Whether there is a process. */
  get isAlive(): boolean {
    return this.#daemon?.pid !== undefined;
  }

  /** Resolves when it answers. With `env` it runs changed: `dying` for example. */
  async start(env: Env = {}): Promise<void> {
    this.#starting = true;
    this.losses = 0;
    const { part, port, opsPort } = this.#options;
    const onLine = (line: string): void => {
      if (line === lossMark) this.losses += 1;
      this.#options.onLine(line);
    };
    const daemon = createTestPart({ name: part, port, opsPort, env: { ...this.#options.env, ...env }, onLine });
    try {
      await daemon.start();
      this.#daemon = daemon;
    } finally {
      this.#starting = false;
    }
  }

  /** Resolves once it runs, started by the keeper. */
  async running(): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (this.#starting || !this.isAlive) {
      if (Date.now() > deadline) throw new Error(`${this.name} does not come up again`);
      await delay(50);
    }
  }

  /** Sends a signal to the process, if there is one. */
  signal(signal: NodeJS.Signals): void {
    const pid = this.#daemon?.pid;
    if (pid !== undefined) process.kill(pid, signal);
  }

  async kill(): Promise<void> {
    await this.#daemon?.kill();
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop(10_000);
  }
}

/** What makes a process run with a mutation, beside those that this process runs with itself. */
export const mutated = (name: Mutation): Env => {
  const { LABORATORY_MUTATIONS: others, NODE_OPTIONS: options = '' } = process.env;
  if (others) return { LABORATORY_MUTATIONS: `${others}\n${name}` };
  return { LABORATORY_MUTATIONS: name, NODE_OPTIONS: `${options} --import=${hook}`.trim() };
};

/** What makes a process kill itself when it comes to a place for the `passes`th time. */
export const dying = (point: KillPoint, passes: number): Env => ({
  ...mutated(point),
  LABORATORY_PASSES: String(passes),
});
