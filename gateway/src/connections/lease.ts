import type { Identity } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Admission, Credentials } from './admission.ts';
import { type Hub, timeOf } from '../fanout/hub.ts';
import type { Client } from '../fanout/audience-group.ts';

/** A client is warned so long before its token's life ends; of a short life, in its last fifth. */
const noticeMs = 60_000;
const noticeShare = 0.2;

/** The time that a client may stay: as long as its token lives, unless it shows a newer one. */
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
   * Goes on with the life of another ticket or token of the same user in the same role, if it is longer; with any other
   * the client is closed. While nobody can tell whose it is, the lease stays as it was. One attempt at a time: others are left out.
   */
  async renew(credentials: Credentials, admission: Pick<Admission, 'identify'>, log: Log): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      this.#take(await admission.identify(credentials));
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') this.#take(null);
      else log.warn({ err: error }, 'a lease could not be renewed');
    } finally {
      this.#renewing = false;
    }
  }

  #take(next: Identity | null): void {
    const { id, role, expires_at } = this.#client.identity;
    // It may have left meanwhile.
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
    const expires_at = timeOf(this.#client.identity.expires_at);
    this.#hub.tell(this.#client, { event, seq: this.#hub.position.seq, data: { expires_at } });
  }
}
