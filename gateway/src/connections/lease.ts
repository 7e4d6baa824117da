import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { type Client, expiryOf } from '../fanout/client.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Admission, Credentials } from './admission.ts';

/** How long before its token's life ends a client is warned: 60 s, or a fifth of a life that is shorter than 5 min. */
const noticeMs = 60_000;
const noticeShare = 0.2;

/** The time for which a client may stay: as long as its token lives, unless it shows a newer one. */
export class Lease {
  readonly #client: Client;
  readonly #hub: Hub;
  #timer: NodeJS.Timeout;
  #renewing = false;

  constructor(client: Client, hub: Hub) {
    this.#client = client;
    this.#hub = hub;
    this.#timer = this.#begin();
  }

  /** Stops the clock of a client that has left. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Prolongs the lease to the life of another ticket or token of the same user in the same role; one that ends earlier changes
   * nothing. With any other ticket or token the client is closed. While nobody can tell whose it is, the lease stays as it
   * was. Attempts that come while one is under way are left out.
   */
  async renew(credentials: Credentials, admission: Pick<Admission, 'identify'>, log: Log): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      this.#take(await admission.identify(credentials));
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') this.#take(null);
      else log.warn({ err: error }, 'checking the new token of a client failed; its connection stays as it was');
    } finally {
      this.#renewing = false;
    }
  }

  #take(next: Identity | null): void {
    const { id, role, expires_at } = this.#client.identity;
    // The client may have left meanwhile.
    if (!this.#hub.has(this.#client)) return;
    if (!next) return this.#client.close('token_expired');
    if (next.id !== id || next.role !== role) return this.#client.close('session_ended');
    if (next.expires_at > expires_at) {
      this.#client.identity = next;
      clearTimeout(this.#timer);
      this.#timer = this.#begin();
    }
    this.#tell('renewed');
  }

  #begin(): NodeJS.Timeout {
    const left = this.#client.identity.expires_at * 1000 - Date.now();
    const notice = Math.min(noticeMs, left * noticeShare);
    return setTimeout(() => {
      this.#tell('expiring');
      this.#timer = setTimeout(() => this.#client.close('token_expired'), notice);
    }, left - notice);
  }

  #tell(event: 'expiring' | 'renewed'): void {
    const expires_at = expiryOf(this.#client);
    this.#hub.tell(this.#client, { event, seq: this.#hub.position.seq, data: { expires_at } });
  }
}
