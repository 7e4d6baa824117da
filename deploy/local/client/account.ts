import { demoPassword } from '@live-orders/contracts/demo.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Session } from '@live-orders/contracts/rest/users.ts';
import { type Answer, Refusal, RestClient, type Sending } from './rest-client.ts';

/**
 * Somebody who has an account: logs in with the first request, renews a token that has expired or logs in again, and asks
 * once more then. What is asked at the same time logs in once.
 */
export class Account extends RestClient {
  readonly email: string;
  readonly #anybody: RestClient;
  #session: Promise<Session> | null = null;

  /** With the password of the demo's accounts. */
  constructor(url: string, email: string) {
    super(url);
    this.email = email;
    this.#anybody = new RestClient(url);
  }

  session(signal?: AbortSignal): Promise<Session> {
    this.#session ??= this.#login(signal);
    const used = this.#session;
    // A login that failed is not kept.
    used.catch(() => {
      if (this.#session === used) this.#session = null;
    });
    return used;
  }

  /** Forgets the session, as if its cookie had been deleted; the next request logs in. */
  forget(): void {
    this.#session = null;
  }

  override async send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const used = this.session(sending.signal);
    const first = await super.send(method, path, authorized(sending, await used));
    if (first.status !== 401) return first;
    if (this.#session === used) this.#session = this.#renewed(await used, sending.signal);
    return super.send(method, path, authorized(sending, await this.session(sending.signal)));
  }

  async #renewed({ refresh_token }: Session, signal?: AbortSignal): Promise<Session> {
    try {
      return await this.#anybody.call(calls.refresh, { body: { refresh_token }, signal });
    } catch (error) {
      if (error instanceof Refusal) return this.#login(signal);
      throw error;
    }
  }

  #login(signal?: AbortSignal): Promise<Session> {
    return this.#anybody.call(calls.login, { body: { email: this.email, password: demoPassword }, signal });
  }
}

const authorized = (sending: Sending, { access_token }: Session): Sending => ({
  ...sending,
  headers: { authorization: `Bearer ${access_token}`, ...sending.headers },
});
