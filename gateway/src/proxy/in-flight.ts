import { ProblemError } from '@live-orders/runtime/http/problem.ts';

/** Counts the requests that each user or address has under way, so that none of them can hold every connection to a service. */
export class InFlight {
  readonly #whose: 'a user' | 'an address';
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(whose: 'a user' | 'an address', limit: number) {
    this.#whose = whose;
    this.#limit = limit;
  }

  /** Counts a request in; call what it returns once the request has ended. Throws `too_many_requests` over the limit. */
  enter(caller: string): () => void {
    const count = this.#counts.get(caller) ?? 0;
    if (count >= this.#limit) {
      const detail = `No more than ${this.#limit} of these requests of ${this.#whose} may be under way at once; wait for their answers.`;
      throw new ProblemError('too_many_requests', detail, {}, { 'retry-after': '1' });
    }
    this.#counts.set(caller, count + 1);
    return () => {
      const left = (this.#counts.get(caller) ?? 1) - 1;
      if (left > 0) this.#counts.set(caller, left);
      else this.#counts.delete(caller);
    };
  }
}
