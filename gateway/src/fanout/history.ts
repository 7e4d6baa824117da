import type { Position } from '@live-orders/contracts/socket/position.ts';
import type { Delivery } from './audience.ts';

/** An event of the log, as texts that are ready to be sent. */
export interface Entry {
  seq: number;
  deliveries: Delivery[];
}

/** Dropping the first of 5,000 elements moves all others, which took 8 to 30 µs an event; of so many at once, 0.1. */
const droppedAtOnce = 256;

const sizeOf = (entry: Entry): number => entry.deliveries.reduce((sum, { text }) => sum + text.length, 0);

/** The newest events of the log, kept in memory without gaps; bounded by their number and by the length of their texts. */
export class History {
  readonly #maxEntries: number;
  /** Of all texts together, in UTF-16 units. */
  readonly #maxChars: number;
  #entries: Entry[] = [];
  /** How many of the first entries count no longer, and wait to be dropped. */
  #stale = 0;
  #chars = 0;
  #epoch = '';
  #head = 0;

  constructor(maxEntries: number, maxChars: number) {
    this.#maxEntries = maxEntries;
    this.#maxChars = maxChars;
  }

  /** The place after the newest event. */
  get position(): Position {
    return { epoch: this.#epoch, seq: this.#head };
  }

  /** The seq of the oldest event here; of the next one to come when there is none. */
  get oldest(): number {
    return this.#entries[this.#stale]?.seq ?? this.#head + 1;
  }

  /** Forgets everything and begins at `position`. */
  reset({ epoch, seq }: Position): void {
    this.#entries = [];
    this.#stale = 0;
    this.#chars = 0;
    this.#epoch = epoch;
    this.#head = seq;
  }

  /** Takes the next event; throws when one is missing before it. */
  push(entry: Entry): void {
    if (entry.seq !== this.#head + 1) {
      throw new RangeError(`keeping an event for replay: expected seq ${this.#head + 1}, got ${entry.seq}`);
    }
    this.#head = entry.seq;
    this.#entries.push(entry);
    this.#chars += sizeOf(entry);
    while (this.#entries.length - this.#stale > this.#maxEntries || this.#chars > this.#maxChars) {
      const oldest = this.#entries[this.#stale];
      if (!oldest) break;
      this.#chars -= sizeOf(oldest);
      this.#stale += 1;
    }
    if (this.#stale < droppedAtOnce) return;
    this.#entries.splice(0, this.#stale);
    this.#stale = 0;
  }

  /** All events after `seq`, or null when some of them are no longer here. */
  after(seq: number): Entry[] | null {
    if (seq > this.#head || seq + 1 < this.oldest) return null;
    return this.#entries.slice(this.#stale + seq + 1 - this.oldest);
  }
}
