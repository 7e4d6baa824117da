import type { Delivery } from './audience.ts';

/** A client is behind when the network has yet to take more bytes of it than this. */
export const behindBytes = 256 * 1024;
/** A client that is behind has caught up when no more bytes than this are left. */
export const drainedBytes = 64 * 1024;
/**
 * How much may wait for a client that is behind, in UTF-16 units, and for how long. Past either it is closed, and comes back
 * with its position.
 */
const maxChars = 1024 * 1024;
const maxMs = 30_000;

/**
 * What waits for a client that reads too slowly: of each subject only the latest text, in the order of the stream. A change
 * into a final status is never replaced. The texts are shared with the other clients, so that one client costs little.
 */
export class Conflation {
  readonly #since: number;
  readonly #latest = new Map<string | symbol, string>();
  /** Messages about the connection rather than a subject, the latest of each event. They go out last. */
  readonly #notices = new Map<string, string>();
  #resync: string | null = null;
  #chars = 0;
  /** How many texts were replaced by later ones. */
  skipped = 0;

  /** `since` is when the client fell behind, in ms of a clock that never goes back. */
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

  /** Keeps a message about the connection; it replaces an earlier one of the same event. */
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

  /** Whether so much waits, or has waited for so long, that the client is not worth waiting for. */
  isTooMuch(now: number): boolean {
    return this.#chars > maxChars || now - this.#since > maxMs;
  }

  /** Everything that waits, in the order in which it is to be sent. */
  get texts(): string[] {
    return [...(this.#resync === null ? [] : [this.#resync]), ...this.#latest.values(), ...this.#notices.values()];
  }
}
