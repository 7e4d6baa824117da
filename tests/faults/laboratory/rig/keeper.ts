import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import type { Instance } from './instance.ts';

const lookMs = 300;

/** Starts again what has ended by itself, as a supervisor does; what a fault holds down is left alone. */
export class Keeper {
  /** Servers that a fault holds down, by name. */
  readonly held = new Set<string>();
  readonly #instances: readonly Instance[];
  readonly #servers: readonly Daemon[];
  readonly #onFailure: (line: string) => void;
  readonly #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();

  /** `instances` may grow; `onFailure` hears of a start that failed. */
  constructor(plan: { instances: readonly Instance[]; servers: readonly Daemon[]; onFailure: (line: string) => void }) {
    this.#instances = plan.instances;
    this.#servers = plan.servers;
    this.#onFailure = plan.onFailure;
  }

  start(): void {
    this.#work = this.#watch(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(lookMs);
      await Promise.all(this.#down().map(({ name, start }) => this.#restart(name, start)));
    }
  }

  #down(): { name: string; start: () => Promise<void> }[] {
    return [
      ...this.#instances.filter(({ isDown }) => isDown).map((one) => ({ name: one.name, start: () => one.start() })),
      ...this.#servers
        .filter(({ name, pid }) => pid === undefined && !this.held.has(name))
        .map((one) => ({ name: one.name, start: () => one.start() })),
    ];
  }

  async #restart(name: string, start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      // It may need something that a fault has taken away; the next look tries again.
      this.#onFailure(`keeper: ${name} does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
