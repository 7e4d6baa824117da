import type { Identity } from '@live-orders/runtime/auth.ts';

interface Revocation {
  id: string;
  session_id: string | null;
  at: number;
}

/** A token issued before a revocation outlives it by this much at most. */
const tokenLifeMs = 15 * 60_000;

/** Sessions that ended while their access tokens still live. Bounded by the rate of logouts in a token's life. */
export class Revocations {
  readonly #now: () => number;
  #list: Revocation[] = [];

  constructor(now = Date.now) {
    this.#now = now;
  }

  /** `at` is when the session ended, in ms since the epoch. */
  add(revocation: Revocation): void {
    const oldest = this.#now() - tokenLifeMs;
    this.#list = this.#list.filter(({ at }) => at > oldest);
    this.#list.push(revocation);
  }

  /** Whether the session has ended. A user whose sessions all ended may log in again: later ones are good. */
  covers(identity: Identity): boolean {
    return this.#list.some(({ id, session_id, at }) =>
      session_id === null
        ? id === identity.id && beginningOf(identity.session_id) <= at
        : session_id === identity.session_id,
    );
  }
}

/** Session ids are UUIDv7: their first 48 bits are the ms since the epoch at which they were made. */
const beginningOf = (sessionId: string): number => parseInt(sessionId.replace('-', '').slice(0, 12), 16);
