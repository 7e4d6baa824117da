import type { Role } from '@live-orders/contracts/domain/users.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';

/**
 * Somebody of each role. Their sessions are renewed, and they never log in again: the fuzzer itself guesses at their
 * passwords, and is refused after ten guesses.
 */
export class Callers {
  readonly #latest: Record<Role, Api>;

  constructor(loggedIn: Record<Role, Api>) {
    this.#latest = { ...loggedIn };
  }

  /** The caller of this role with a token that was just given out, which lives for minutes. */
  async as(role: Role): Promise<Api> {
    const { url, session } = this.#latest[role];
    const refresh_token = session?.refresh_token ?? '';
    this.#latest[role] = new Api(url, await new Api(url).call(calls.refresh, { body: { refresh_token } }));
    return this.#latest[role];
  }
}
