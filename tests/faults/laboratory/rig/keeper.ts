import { setTimeout as delay } from 'node:timers/promises';
import type { Laboratory } from './laboratory.ts';

const lookMs = 300;

/** Starts again what has ended by itself, as a supervisor does; what a fault holds down is left alone. */
export class Keeper {
  /** Servers that a fault holds down, by name. */
  readonly held = new Set<string>();
  readonly #laboratory: Laboratory;
  readonly #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(laboratory: Laboratory) {
    this.#laboratory = laboratory;
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
    const { instances, servers } = this.#laboratory;
    const daemons = [servers.postgres, servers.redis, ...servers.brokers];
    return [
      ...instances.filter(({ isDown }) => isDown).map((one) => ({ name: one.name, start: () => one.start() })),
      ...daemons
        .filter(({ name, pid }) => pid === undefined && !this.held.has(name))
        .map((one) => ({ name: one.name, start: () => one.start() })),
    ];
  }

  async #restart(name: string, start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      // It may need something that a fault has taken away; the next look tries again.
      this.#laboratory.lines.push(`keeper: ${name} does not start: ${error instanceof Error ? error.message : 'why?'}`);
    }
  }
}
