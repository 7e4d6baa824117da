import { formatPosition, parsePosition, type Position } from '@live-orders/contracts/socket/position.ts';

/** How far a client has come in the stream of events. */
export class Progress {
  /** Everything up to here was received. */
  #received: Position | null = null;
  /** Whether the store holds everything that was received. */
  #isSynced = false;
  /** The position of the last restart, at which a snapshot became due. */
  begunAt: string | null = null;
  /** How many events the last restart has left out; null where nobody knows. */
  missed: number | null = null;

  /** The position up to which the store holds everything; null while it may lack something. */
  get position(): Position | null {
    return this.#isSynced ? this.#received : null;
  }

  /** The position up to which everything was received, whether the store holds it or not. */
  get received(): string | null {
    return this.#received && formatPosition(this.#received);
  }

  /** The store lacks something that was received. */
  lack(): void {
    this.#isSynced = false;
  }

  /** The store holds everything again. */
  settle(): void {
    this.#isSynced = this.#received !== null;
  }

  advance(seq: number): void {
    if (this.#received && seq > this.#received.seq) this.#received = { ...this.#received, seq };
  }

  /** Goes on at `position`, whatever was before it. */
  restart(position: string): void {
    const [before, at] = [this.#received, parsePosition(position)];
    this.#received = at;
    this.begunAt = position;
    this.#isSynced = false;
    this.missed = before && at && at.epoch === before.epoch && at.seq > before.seq ? at.seq - before.seq : null;
  }

  /** Takes in a position up to which everything has come; false when it is one of another log. */
  reach(position: string): boolean {
    const at = parsePosition(position);
    if (at && this.#received && at.epoch !== this.#received.epoch) return false;
    if (at) this.advance(at.seq);
    return true;
  }
}
