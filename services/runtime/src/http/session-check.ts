import type { User } from '@live-orders/contracts/domain/users.ts';
import { verification } from '@live-orders/contracts/rest/users.ts';
import type { Log } from '../process/log.ts';
import { type Identity, sessionEnded } from './auth.ts';

/**
 * For so long, from the question on, an answer counts as the present. No session that has ended goes unnoticed for longer,
 * unless the users service takes longer to answer.
 */
const freshMs = 1_000;
/**
 * Within these ages an answer is renewed in the background, so that no call of a busy session waits for the users service. At
 * which age is drawn for each: sessions that began together would otherwise be asked about at the same moment for ever. With 20 of
 * them and 100 orders a second the 99th percentile of placing one fell from 46 to 27 ms (one run each, with a relay that is not released).
 */
const renewMs = { least: 400, most: 800 };
/** For so long the last answer counts while the users service does not answer. */
const knownMs = 30_000;
const timeoutMs = 2_000;
/** While the users service fails, one call in so long tries it. Otherwise every call would wait for the time-out of one that hangs. */
const trialMs = 1_000;
/** How many tokens are remembered, about 1 KB each; the one that was first seen longest ago is forgotten first. */
const cacheSize = 10_000;

/**
 * Asks the users service something in the name of a caller, with the caller's token. Rejects when no JSON has come within 2 s.
 */
export const askUsers = async (url: URL, token: string): Promise<{ status: number; body: unknown }> => {
  const options: RequestInit = {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  };
  // The service may have closed an idle connection at the very moment when it is used again; a new one is good.
  const response = await fetch(url, options).catch((error: unknown) => {
    if (error instanceof TypeError) return fetch(url, options);
    throw error;
  });
  return { status: response.status, body: await response.json() };
};

interface Knowledge {
  /** Null before the first answer. */
  answer: User | 'ended' | null;
  /** When the question was asked that `answer` answers. */
  asked: number;
  /** At which age, in ms, `answer` is to be renewed. */
  renewAt: number;
  asking: Promise<void> | null;
}

/**
 * Asks the users service, which owns the sessions, whether the session of a token lives and who its user is now: with that
 * token, so that no secret is shared. Answers are kept per token, not per session: "no" may also mean that the token has just
 * expired, and then the session's next one is good.
 *
 * What it costs stands in docs/performance.md, "Asking whether a session lives".
 */
export class SessionCheck {
  readonly #url: URL;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #known = new Map<string, Knowledge>();
  #failing = false;
  #tried = 0;

  /** `now` is a clock in ms that never goes back. */
  constructor(usersUrl: string, log: Log, now = () => performance.now()) {
    this.#url = new URL('/api/auth/verify', usersUrl);
    this.#log = log;
    this.#now = now;
  }

  /** For an `Authority`. Null when the users service cannot be asked and has said nothing of this token for 30 s. */
  readonly userNow = async (_identity: Identity, token: string): Promise<User | null> => {
    const known = this.#recall(token);
    const age = this.#now() - known.asked;
    // A session that has ended never lives again, so nobody has to be asked.
    const mustAsk = known.answer !== 'ended' && age >= known.renewAt;
    if (mustAsk && !known.asking && this.#mayAsk()) known.asking = this.#ask(token, known);
    if (mustAsk && age >= freshMs) await known.asking;
    if (known.answer === 'ended') throw sessionEnded();
    return this.#now() - known.asked < knownMs ? known.answer : null;
  };

  #mayAsk(): boolean {
    if (!this.#failing) return true;
    if (this.#now() - this.#tried < trialMs) return false;
    this.#tried = this.#now();
    return true;
  }

  #recall(token: string): Knowledge {
    const known = this.#known.get(token);
    if (known) return known;
    if (this.#known.size >= cacheSize) this.#known.delete(this.#known.keys().next().value ?? '');
    const fresh: Knowledge = { answer: null, asked: -Infinity, renewAt: 0, asking: null };
    this.#known.set(token, fresh);
    return fresh;
  }

  /** Never rejects: a failure leaves what is known as it is. */
  async #ask(token: string, known: Knowledge): Promise<void> {
    const asked = this.#now();
    try {
      known.answer = await this.#request(token);
      known.asked = asked;
      known.renewAt = renewMs.least + (renewMs.most - renewMs.least) * Math.random();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'asking the users service whether a session lives failed');
      this.#failing = true;
      this.#tried = this.#now();
    } finally {
      known.asking = null;
    }
  }

  async #request(token: string): Promise<User | 'ended'> {
    const { status, body } = await askUsers(this.#url, token);
    if (status === 401) return 'ended';
    if (status !== 200) throw new Error(`GET ${this.#url.pathname} answered ${status}`);
    return verification.parse(body).user;
  }
}
