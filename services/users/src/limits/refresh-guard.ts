import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Budget, type Counters, type RateHeaders } from './budget.ts';
import { digest } from './digest.ts';

/**
 * Bounds how often tokens are renewed: of each session from each place, and the bad ones of each place. They cannot be guessed,
 * but each asks the database.
 */
export class RefreshGuard {
  readonly #sessions: Budget;
  readonly #badOfPlace: Budget;

  constructor(counters: Counters) {
    this.#sessions = new Budget(counters, { name: 'refresh', points: 60, seconds: 60 });
    this.#badOfPlace = new Budget(counters, { name: 'refresh-place', points: 60, seconds: 60 });
  }

  /** Throws `too_many_requests`, or what `renew` throws. */
  async attempt<T>(
    token: string,
    place: string,
    renew: () => Promise<T>,
  ): Promise<{ renewed: T; headers: RateHeaders }> {
    // Good tokens are not counted here: an office may lose its connection, and all of it comes back at once.
    await this.#badOfPlace.check(place);
    const [sessionId = ''] = token.split('.');
    const { headers } = await this.#sessions.take(digest(sessionId, place));
    try {
      return { renewed: await renew(), headers };
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') await this.#badOfPlace.add(place);
      throw error;
    }
  }
}
