import type { EndedSession } from '@live-orders/contracts/domain/revocation.ts';
import type { Timed } from '@live-orders/contracts/redis/keyspace.ts';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import { type Identity, sessionEnded, type Verify } from '@live-orders/runtime/http/auth.ts';

const tokenLifeMs = accessTokenSeconds * 1000;

/** What ended of a user's sessions. */
interface Ended {
  /** Sessions of a lower epoch have ended. */
  epoch: number;
  /** Those that had begun by then (ms since the epoch) have ended, as far as no epoch tells. */
  at: number;
  /** As `at`, of revocations without an epoch: they end sessions that have one as well. */
  withoutEpoch: number;
  forgetAt: number;
}

/**
 * The sessions that ended while access tokens of theirs still live. Each is kept for a token's life from when it was heard
 * of, whatever its own date says: a wrong date must neither shorten that nor lock a user out for longer.
 */
export class Revocations {
  readonly #now: () => number;
  readonly #sessions = new Map<string, { forgetAt: number }>();
  readonly #users = new Map<string, Ended>();

  /** `now` is a clock in ms that never goes back. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  add({ id, session_id, session_epoch, at }: Timed<EndedSession>): void {
    this.#forget(this.#sessions);
    this.#forget(this.#users);
    const forgetAt = this.#now() + tokenLifeMs;
    // What is read from Redis may have been heard of already; hearing it again prolongs nothing.
    if (session_id !== null) {
      if (!this.#sessions.has(session_id)) this.#sessions.set(session_id, { forgetAt });
      return;
    }
    const before = this.#users.get(id);
    const after = {
      epoch: Math.max(before?.epoch ?? 0, session_epoch ?? 0),
      at: Math.max(before?.at ?? 0, at),
      withoutEpoch: Math.max(before?.withoutEpoch ?? 0, session_epoch === undefined ? at : 0),
    };
    const isKnown =
      before?.epoch === after.epoch && before.at === after.at && before.withoutEpoch === after.withoutEpoch;
    if (isKnown) return;
    this.#users.delete(id);
    this.#users.set(id, { ...after, forgetAt });
  }

  /**
   * Whether the session has ended. A user whose sessions all ended may log in again: later ones are good. Which are later is
   * told by the epoch, and by the clocks of service and database only where token or revocation is of release 0.1.
   */
  covers({ id, session_id, session_epoch }: Identity): boolean {
    this.#forget(this.#sessions);
    this.#forget(this.#users);
    if (this.#sessions.has(session_id)) return true;
    const ended = this.#users.get(id);
    if (!ended) return false;
    if (session_epoch === undefined) return beginningOf(session_id) <= ended.at;
    return session_epoch < ended.epoch || beginningOf(session_id) <= ended.withoutEpoch;
  }

  /** The maps are in the order of `forgetAt`. */
  #forget(ended: Map<string, { forgetAt: number }>): void {
    for (const [key, { forgetAt }] of ended) {
      if (forgetAt > this.#now()) break;
      ended.delete(key);
    }
  }
}

/** Session ids are UUIDv7: their first 48 bits are the ms since the epoch at which they were made. */
const beginningOf = (sessionId: string): number => parseInt(sessionId.replace('-', '').slice(0, 12), 16);

/** Verifies tokens as `verify` does, and rejects with `unauthenticated` one whose session has ended as well. */
export const refuseRevoked =
  (verify: Verify, revocations: Revocations): Verify =>
  async (token) => {
    const identity = await verify(token);
    if (revocations.covers(identity)) throw sessionEnded();
    return identity;
  };
