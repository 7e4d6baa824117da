import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { backoff } from './link.ts';
import { SessionEndedError } from './state.ts';
import { pause } from './backoff.ts';

/** Milliseconds. */
const snapshotLimit = 20_000;

interface SnapshotReaderOptions {
  read: (signal: AbortSignal) => Promise<readonly Order[]>;
  random: () => number;
  onRead: (orders: readonly Order[]) => void;
  /** It is tried again after a while. */
  onFailed: () => void;
  onSessionEnded: () => void;
}

/** Reads the snapshot for a LiveClient, one at a time, and again until it succeeds. */
export class SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  #reading: AbortController | null = null;
  /** Set while a snapshot is due that is not being read yet: wait a random part of so many milliseconds before. */
  #dueWithin: number | null = null;

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  /** A new snapshot is due, instead of the one that is being read. */
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
