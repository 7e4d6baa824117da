import type { EndedSession } from '@live-orders/contracts/domain/revocation.ts';
import type { Timed } from '@live-orders/contracts/redis/keyspace.ts';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import type { Identity, Verify } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';

const tokenLifeMs = accessTokenSeconds * 1000;

/**
 * The sessions that ended while access tokens of theirs still live. What lies further back than a token's life is forgotten,
 * so that it holds no more than the logouts of that time.
 */
export class Revocations {
  readonly #now: () => number;
  /** When the session, or all sessions of the user, ended. Mostly oldest first: what is read from Redis comes late. */
  readonly #sessions = new Map<string, number>();
  readonly #users = new Map<string, number>();

  constructor(now = Date.now) {
    this.#now = now;
  }

  add({ id, session_id, at }: Timed<EndedSession>): void {
    for (const ended of [this.#sessions, this.#users]) {
      for (const [key, time] of ended) {
        if (time > this.#now() - tokenLifeMs) break;
        ended.delete(key);
      }
    }
    if (session_id !== null) this.#sessions.set(session_id, at);
    else this.#users.set(id, Math.max(at, this.#users.get(id) ?? 0));
  }

  /** Whether the session has ended. A user whose sessions all ended may log in again: later ones are good. */
  covers({ id, session_id }: Identity): boolean {
    const userEnded = this.#users.get(id);
    return this.#sessions.has(session_id) || (userEnded !== undefined && beginningOf(session_id) <= userEnded);
  }
}

/** Session ids are UUIDv7: their first 48 bits are the ms since the epoch at which they were made. */
const beginningOf = (sessionId: string): number => parseInt(sessionId.replace('-', '').slice(0, 12), 16);

/** Verifies tokens as `verify` does, and rejects with `unauthenticated` one whose session has ended as well. */
export const refuseRevoked =
  (verify: Verify, revocations: Revocations): Verify =>
  async (token) => {
    const identity = await verify(token);
    if (revocations.covers(identity)) {
      throw new ProblemError(
        'unauthenticated',
        'The session has ended; log in again.',
        {},
        { 'www-authenticate': 'Bearer' },
      );
    }
    return identity;
  };
