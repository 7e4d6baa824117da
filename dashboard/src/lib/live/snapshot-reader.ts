import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { backoff, pause } from './backoff.ts';
import { SessionEndedError } from './state.ts';

/** Milliseconds within which a snapshot must be read. */
const snapshotLimit = 20_000;

interface SnapshotReaderOptions {
  read: (signal: AbortSignal, poll: boolean) => Promise<readonly Order[]>;
  random: () => number;
  onRead: (orders: readonly Order[]) => void;
  /** A poll was read, of which the first is a whole snapshot. It was begun at `asOf`, in ms. */
  onPolled: (orders: readonly Order[], asOf: number, isFirst: boolean) => void;
  now: () => number;
  /** Milliseconds between two polls. Without it there are none. */
  pollEvery?: number | undefined;
  /** Reading has failed; it is tried again after a delay. */
  onFailed: () => void;
  onSessionEnded: () => void;
}

/** Reads snapshots for the LiveClient, one at a time, and each again until it succeeds; or one after another, to poll. */
export class SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  #reading: AbortController | null = null;
  /** While a snapshot is due but not being read yet: the milliseconds of which a random part is waited before; else null. */
  #dueWithin: number | null = null;

  #isPolling = false;
  /** Ends the pause between two polls. */
  #hurry: AbortController | null = null;
  /** Counts what has made the poll that is being read outdated. */
  #outdated = 0;

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Begins to read one snapshot after another, until `cut`. */
  poll(): void {
    const { pollEvery } = this.#options;
    if (pollEvery === undefined || this.#isPolling) return;
    this.cut();
    this.#isPolling = true;
    this.#reading = new AbortController();
    void this.#poll(this.#reading.signal, pollEvery);
  }

  /** Polls at once, unless it does already: a page that was hidden may have been kept from it. */
  hurry(): void {
    this.#hurry?.abort();
  }

  /** To be called when the store has got something newer than the poll that may be being read: that is read once more. */
  outdate(): void {
    this.#outdated += 1;
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
    this.#isPolling = false;
  }

  async #read(signal: AbortSignal, wait: number): Promise<void> {
    const isOver = () => signal.aborted;
    if (wait > 0) await pause(wait, signal);
    for (let attempt = 0; !isOver(); attempt += 1) {
      const orders = await this.#try(signal, attempt, false);
      if (!orders) continue;
      this.#options.onRead(orders);
      return;
    }
  }

  async #poll(signal: AbortSignal, every: number): Promise<void> {
    const isOver = () => signal.aborted;
    let isFirst = true;
    for (let attempt = 0; !isOver(); attempt += 1) {
      const asOf = this.#options.now();
      const outdated = this.#outdated;
      const orders = await this.#try(signal, attempt, !isFirst);
      if (!orders) continue;
      attempt = -1;
      if (outdated !== this.#outdated) continue;
      this.#options.onPolled(orders, asOf, isFirst);
      isFirst = false;
      this.#hurry = new AbortController();
      await pause(every, AbortSignal.any([signal, this.#hurry.signal]));
    }
  }

  /** Reads once; null when that has failed, and the delay after it is over, or when it is not wanted any more. */
  async #try(signal: AbortSignal, attempt: number, poll: boolean): Promise<readonly Order[] | null> {
    const isOver = () => signal.aborted;
    const { read, random, onFailed, onSessionEnded } = this.#options;
    try {
      const orders = await read(AbortSignal.any([signal, AbortSignal.timeout(snapshotLimit)]), poll);
      return isOver() ? null : orders;
    } catch (error) {
      if (isOver()) return null;
      if (error instanceof SessionEndedError) onSessionEnded();
      else {
        onFailed();
        await pause(backoff(attempt, random), signal);
      }
      return null;
    }
  }
}
