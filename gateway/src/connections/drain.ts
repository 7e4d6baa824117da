import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Hub } from '../fanout/hub.ts';

/** At most 250 clients a second come to the other gateways; yet all within 4 s, for a process has 8 s to stop. */
const msPerClient = 4;
const longestSpanMs = 4_000;
/** A client that has not left by itself so long after the time that it was told is closed. */
const patienceMs = 500;

/**
 * Empties a gateway that is asked to stop: each client is told its own time to move to another one, and goes on receiving
 * until then. What clients need of this process has to run until the last one has left or was closed.
 */
export class Drain implements Task {
  readonly name = 'drain';
  readonly #hub: Hub;
  /** Aborts when no client is left. */
  readonly #over = new AbortController();
  #begun = false;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Whether the process is on its way out and takes no new clients. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The same part, but told to stop only when the last client has left. */
  lasting(task: Task): Task {
    return { name: task.name, run: () => task.run(this.#over.signal) };
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.#begun = true;
    try {
      await this.#moveAll();
    } finally {
      this.#hub.closeAll('going_away');
      this.#over.abort();
    }
  }

  async #moveAll(): Promise<void> {
    const clients = this.#hub.clients();
    const span = Math.min(longestSpanMs, clients.length * msPerClient);
    const afterMs = (index: number): number => Math.round((span * index) / clients.length);
    const began = performance.now();
    for (const [index, client] of clients.entries()) {
      this.#hub.tell(client, { event: 'move', seq: this.#hub.position.seq, data: { after_ms: afterMs(index) } });
    }
    for (const [index, client] of clients.entries()) {
      const waitMs = afterMs(index) + patienceMs - (performance.now() - began);
      if (waitMs > 0 && this.#hub.has(client)) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (this.#hub.has(client)) client.close('going_away');
    }
  }
}
