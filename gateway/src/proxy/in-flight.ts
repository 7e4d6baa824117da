import { ProblemError } from '@live-orders/runtime/http/problem.ts';

/** Counts the requests that each user has under way, so that one user cannot hold every connection to a service. */
export class InFlight {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a request in; call what it returns once the request has ended. Throws `too_many_requests` over the limit. */
  enter(user: string): () => void {
    const count = this.#counts.get(user) ?? 0;
    if (count >= this.#limit) {
      const detail = `A user may have ${this.#limit} of these requests under way at once; wait for their answers.`;
      throw new ProblemError('too_many_requests', detail, {}, { 'retry-after': '1' });
    }
    this.#counts.set(user, count + 1);
    return () => {
      const left = (this.#counts.get(user) ?? 1) - 1;
      if (left > 0) this.#counts.set(user, left);
      else this.#counts.delete(user);
    };
  }
}
