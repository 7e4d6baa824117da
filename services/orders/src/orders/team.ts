import type { TeamMember } from '@live-orders/contracts/domain/users.ts';
import { teamPage } from '@live-orders/contracts/rest/users.ts';
import { type Identity, sessionEnded } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { askUsers } from '@live-orders/runtime/http/session-check.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';

/** Who can take care of an order: staff and administrators, whom the users service owns. */
export class Team {
  readonly #usersUrl: string;
  readonly #log: Log;

  constructor(usersUrl: string, log: Log) {
    this.#usersUrl = usersUrl;
    this.#log = log;
  }

  /**
   * The active member of the team with this id, under the name that the users service has. The callers themselves, who have
   * just been checked, are known without it, so that they can take orders on while it is away. `token` is the caller's.
   * Throws `validation_failed` when there is no such member, and `unavailable` when it cannot be known.
   */
  async assignee(id: string, { name, role, ...caller }: Identity, token: string): Promise<TeamMember> {
    if (id === caller.id) return { id, name, role };
    const [member] = await this.#find(id, token);
    if (member) return member;
    const errors = [{ path: 'assignee.id', message: 'is not an active member of the team' }];
    throw new ProblemError('validation_failed', 'Orders are assigned to staff and administrators.', { errors });
  }

  async #find(id: string, token: string): Promise<TeamMember[]> {
    const url = new URL(`/api/team?id=${id}`, this.#usersUrl);
    const { status, body } = await askUsers(url, token).catch((error: unknown) => {
      throw this.#unavailable(error);
    });
    if (status === 401) throw sessionEnded();
    if (status !== 200) throw this.#unavailable(new Error(`GET ${url.pathname} answered ${status}`));
    return teamPage.parse(body).data;
  }

  #unavailable(err: unknown): ProblemError {
    this.#log.warn({ err }, 'asking the users service for a member of the team failed');
    const detail = 'It cannot be looked up at the moment who belongs to the team; nothing was changed.';
    return new ProblemError('unavailable', detail, {}, { 'retry-after': '2' });
  }
}
