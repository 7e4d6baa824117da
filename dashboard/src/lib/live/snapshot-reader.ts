import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { backoff, pause } from './backoff.ts';
import { SessionEndedError } from './state.ts';

/** Milliseconds within which a snapshot must be read. */
const snapshotLimit = 20_000;

interface SnapshotReaderOptions {
  read: (signal: AbortSignal) => Promise<readonly Order[]>;
  random: () => number;
  onRead: (orders: readonly Order[]) => void;
  /** Reading has failed; it is tried again after a delay. */
  onFailed: () => void;
  onSessionEnded: () => void;
}

/** Reads snapshots for the LiveClient, one at a time, and each again until it succeeds. */
export class SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  #reading: AbortController | null = null;
  /** While a snapshot is due but not being read yet: the milliseconds of which a random part is waited before; else null. */
  #dueWithin: number | null = null;

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  /** Makes a new snapshot due, instead of one that is being read. */
  ask(spread: number): void {
    this.cut();
    this.#dueWithin = spread;
  }

  /** Changes the spread of the snapshot that is due, as long as it is not being read. */
  spread(spread: number): void {
    if (this.#dueWithin !== null) this.#dueWithin = spread;
  }

  /** Starts to read the snapshot that is due, if one is. */
  readIfDue(): void {
    if (this.#dueWithin === null) return;
    const wait = this.#options.random() * this.#dueWithin;
    this.#dueWithin = null;
    this.#reading = new AbortController();
    void this.#read(this.#reading.signal, wait);
  }

  /** Drops the snapshot that is due or being read. */
  cut(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.#dueWithin = null;
  }

  async #read(signal: AbortSignal, wait: number): Promise<void> {
    const isOver = () => signal.aborted;
    if (wait > 0) await pause(wait, signal);
    for (let attempt = 0; !isOver(); attempt += 1) {
      try {
        const orders = await this.#options.read(AbortSignal.any([signal, AbortSignal.timeout(snapshotLimit)]));
        if (!isOver()) this.#options.onRead(orders);
        return;
      } catch (error) {
        if (isOver()) return;
        if (error instanceof SessionEndedError) return this.#options.onSessionEnded();
        this.#options.onFailed();
        await pause(backoff(attempt, this.#options.random), signal);
      }
    }
  }
}
