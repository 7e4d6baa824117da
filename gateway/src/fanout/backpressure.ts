import type { Delivery } from './audience.ts';

/** Bytes that the network has not taken yet; a client with more is behind. */
export const behindBytes = 256 * 1024;
/** A client that is behind has caught up when fewer are left. */
export const drainedBytes = 64 * 1024;
/** What may wait for a client that is behind. Past either, it is let go, and comes back with its position. */
const maxChars = 1024 * 1024;
const maxMs = 30_000;

/**
 * What waits for a client that reads too slowly: of each subject the latest text alone, in the order of the stream. A
 * change into a final status is never replaced. Texts are shared with the other clients, so that little is kept for one.
 */
export class Conflation {
  readonly #since: number;
  readonly #latest = new Map<string | symbol, string>();
  /** What concerns the connection and no subject, by event; goes out last. */
  readonly #notices = new Map<string, string>();
  #resync: string | null = null;
  #chars = 0;
  /** Texts that were replaced by later ones. */
  skipped = 0;

  /** `since`: milliseconds of a clock that never goes back. */
  constructor(since: number) {
    this.#since = since;
  }

  add({ subject, text, terminal }: Delivery): void {
    const earlier = this.#latest.get(subject);
    if (earlier !== undefined) {
      // Set anew, a key moves to the end: the texts stay in the order of the stream.
      this.#latest.delete(subject);
      this.#chars -= earlier.length;
      this.skipped += 1;
    }
    this.#latest.set(terminal ? Symbol(subject) : subject, text);
    this.#chars += text.length;
  }

  notify(event: string, text: string): void {
    this.#notices.set(event, text);
  }

  /** Everybody reads the snapshot anew: what waited is of no use any more. */
  restart(resync: string): void {
    this.#latest.clear();
    this.#chars = 0;
    this.skipped = 0;
    this.#resync = resync;
  }

  isTooMuch(now: number): boolean {
    return this.#chars > maxChars || now - this.#since > maxMs;
  }

  /** Everything that waits, in the order in which it is to be sent. */
  get texts(): string[] {
    return [...(this.#resync === null ? [] : [this.#resync]), ...this.#latest.values(), ...this.#notices.values()];
  }
}
