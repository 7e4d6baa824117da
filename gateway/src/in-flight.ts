import { ProblemError } from '@live-orders/runtime/problem.ts';

/** How many requests of each session are under way, so that one client cannot hold every connection to a service. */
export class InFlight {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives what to call, once, when the request has ended. Throws `too_many_requests`. */
  enter(session: string): () => void {
    const count = this.#counts.get(session) ?? 0;
    if (count >= this.#limit) {
      const detail = `A session may have ${this.#limit} requests under way at once; wait for their answers.`;
      throw new ProblemError('too_many_requests', detail, {}, { 'retry-after': '1' });
    }
    this.#counts.set(session, count + 1);
    return () => {
      const left = (this.#counts.get(session) ?? 1) - 1;
      if (left > 0) this.#counts.set(session, left);
      else this.#counts.delete(session);
    };
  }
}
