import { availableParallelism } from 'node:os';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Caller } from './caller.ts';
import { FairLine } from './fair-line.ts';

/**
 * bcrypt runs on libuv's pool, which has four threads whatever the machine; one stays free for files and for looking up
 * addresses, without which no connection is opened. More than there are cores would only slow each other.
 */
const hashesAtOnce = Math.min(availableParallelism(), 3);
/** At 50 ms for each, the last of these waits for 1 s on three cores, and 3 s on one. */
const mostWaiting = 64;

interface Turn {
  begin: () => void;
  refuse: (error: ProblemError) => void;
}

/** Lets as many hashes be computed at once as there are threads for; who else asks waits in a fair line. */
export class HashQueue {
  readonly #line = new FairLine<Turn>(mostWaiting);
  #free = hashesAtOnce;

  /** Does the work when it is the caller's turn. Throws `unavailable` where the caller's place takes more than its share. */
  async run<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    await this.#turn(caller);
    try {
      return await work();
    } finally {
      const next = this.#line.next();
      if (next) next.begin();
      else this.#free += 1;
    }
  }

  #turn(caller: Caller): Promise<unknown> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const dropped = this.#line.join({ begin: () => resolve(undefined), refuse: reject }, caller);
    dropped?.refuse(
      new ProblemError('unavailable', 'Too many people log in at this moment.', {}, { 'retry-after': '2' }),
    );
    return promise;
  }
}
