import type { Log } from '@live-orders/runtime/process/log.ts';
import { Budget, type Counters, type RateHeaders } from './budget.ts';
import type { Caller } from './caller.ts';
import { digest } from './digest.ts';
import { KnownPlaces } from './known-places.ts';

const minute = 60;
const hour = 60 * minute;

/** Failures of strangers at one account within an hour, before they have to pause. */
const freeFailures = 20;
const longestPause = 15 * minute;

/**
 * Failures of strangers in a minute, on all processes together. A shop of many thousand people has fewer; at 50 ms for each
 * they take half of one core.
 */
const failuresInAll = 600;

/** Seconds until the next stranger may try, from so many failures of strangers on: 1, 2, 4 …, 15 minutes at most. */
export const pauseAfter = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(longestPause, 2 ** (failures - freeFailures));

/**
 * Slows the guessing of passwords. Failures are counted for each account and place. Those of strangers, who have not yet
 * logged in to the account from their place, also count for the place, for the account and in all; nobody else is refused for
 * them, so no stranger can lock an account's owner out. An address without an account counts as if it had one.
 */
export class LoginGuard {
  readonly #pairs: Budget;
  readonly #ofPlace: Budget;
  readonly #ofAccount: Budget;
  readonly #pauses: Budget;
  readonly #inAll: Budget;
  readonly #known: KnownPlaces;

  constructor(counters: Counters, log: Log) {
    this.#pairs = new Budget(counters, { name: 'login', points: 10, seconds: 5 * minute });
    // Many people may share an address (an office), and mistype on their first day there.
    this.#ofPlace = new Budget(counters, { name: 'login-place', points: 100, seconds: 15 * minute });
    this.#ofAccount = new Budget(counters, { name: 'login-account', points: freeFailures, seconds: hour });
    this.#pauses = new Budget(counters, { name: 'login-pause', points: 1, seconds: longestPause });
    this.#inAll = new Budget(counters, { name: 'login-all', points: failuresInAll, seconds: minute });
    this.#known = new KnownPlaces(counters, log);
  }

  /**
   * Lets `compare` say whether the password fits. Only wrong guesses stay counted. Throws `too_many_requests` when the budgets
   * allow no other guess.
   */
  async attempt(
    email: string,
    place: string,
    compare: (caller: Caller) => Promise<boolean>,
  ): Promise<{ fits: boolean; headers: RateHeaders }> {
    const pair = digest(email, place);
    const isKnown = await this.#known.has(pair);
    const ask = (): Promise<boolean> => compare({ place, isKnown });
    const outcome = await this.#pairs.guess(pair, isKnown ? ask : () => this.#askStranger(digest(email), place, ask));
    if (outcome.fits) await this.#known.add(pair);
    return outcome;
  }

  /** Somebody has just registered here, and so is no stranger. */
  async welcome(email: string, place: string): Promise<void> {
    await this.#known.add(digest(email, place));
  }

  /** As `ask`, within the budgets of strangers. */
  async #askStranger(account: string, place: string, ask: () => Promise<boolean>): Promise<boolean> {
    const taken: { from: Budget; key: string }[] = [];
    const giveBack = (): Promise<unknown> => Promise.all(taken.map(({ from, key }) => from.giveBack(key)));
    try {
      const { used } = await this.#ofPlace.take(place);
      taken.push({ from: this.#ofPlace, key: place });
      // Only a brake: a place with no failure gets in, however many others are guessing.
      if (used > 1) await this.#inAll.check('all');
      const failures = await this.#ofAccount.add(account);
      taken.push({ from: this.#ofAccount, key: account });
      const pause = pauseAfter(failures);
      if (pause > 0) {
        await this.#pauses.take(account, pause);
        taken.push({ from: this.#pauses, key: account });
      }
      const fits = await ask();
      if (fits) await giveBack();
      else await this.#inAll.add('all');
      return fits;
    } catch (error) {
      await giveBack();
      throw error;
    }
  }
}
