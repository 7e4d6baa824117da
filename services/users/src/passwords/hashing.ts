import { createHmac } from 'node:crypto';
import { compare, getRounds, hash } from 'bcrypt';
import type { Caller } from '../limits/caller.ts';
import { HashQueue } from '../limits/hash-queue.ts';

/** Before a hash of this kind; one without it is of a release up to 0.1, which gave the password itself to bcrypt. */
const scheme = 'hmac-sha512:';

/** bcrypt ignores what follows the 72nd byte, so old hashes may take two longer passwords for the same. */
const maxBytes = 72;

/**
 * The costs of the comparisons that have to follow one with a hash of cost `stored`, so that all together take as long as one
 * of cost `wanted`, because each step doubles the work: 2ⁿ + (2ⁿ + … + 2ᵐ⁻¹) = 2ᵐ.
 */
export const missingWork = (stored: number, wanted: number): number[] =>
  Array.from({ length: Math.max(0, wanted - stored) }, (_none, step) => stored + step);

/**
 * Hashes passwords: bcrypt over a SHA-512 keyed with the pepper, so that passwords may be of any length and script, and that
 * stolen hashes are worth nothing without the pepper, which is not in the database. `cost` is bcrypt's: 10 takes about 50 ms
 * of one core, each step more doubles it. Where callers ask for more hashes than there are threads for, they wait in a fair line;
 * `unavailable` is thrown for one whose place takes more than its share.
 */
export class Hasher {
  readonly #cost: number;
  readonly #pepper: string;
  readonly #queue = new HashQueue();
  /** Hashes that no password fits, by their cost, for work whose result does not count. */
  readonly #decoys = new Map<number, Promise<string>>();

  constructor({ cost, pepper }: { cost: number; pepper: string }) {
    this.#cost = cost;
    this.#pepper = pepper;
  }

  hash(password: string, caller: Caller): Promise<string> {
    return this.#queue.run(caller, async () => `${scheme}${await hash(this.#keyed(password), this.#cost)}`);
  }

  /**
   * Whether the password fits. It takes the same time where there is no hash (nobody has the address) or an old one of a lower
   * cost, so that the time of an answer does not tell which addresses exist.
   */
  fits(password: string, stored: string | null, caller: Caller): Promise<boolean> {
    return this.#queue.run(caller, async () => {
      const bcrypt = stored?.replace(scheme, '') ?? (await this.#decoy(this.#cost));
      const given = stored === null || stored.startsWith(scheme) ? this.#keyed(password) : password;
      const fits = await compare(given, bcrypt);
      for (const cost of missingWork(getRounds(bcrypt), this.#cost)) await compare(given, await this.#decoy(cost));
      return fits && stored !== null && Buffer.byteLength(given) <= maxBytes;
    });
  }

  /** Whether a hash is not as it would be made today; then make it anew when its password is at hand. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(scheme) || getRounds(stored.slice(scheme.length)) !== this.#cost;
  }

  /**
   * The 72 bytes that bcrypt reads: 432 of the 512 bits in base64, which has no zero byte, at which bcrypt would stop. The
   * same text counts as the same password, whether its accents are written as one character or as two.
   */
  #keyed(password: string): string {
    const digest = createHmac('sha512', this.#pepper).update(password.normalize('NFC')).digest();
    return digest.subarray(0, 54).toString('base64');
  }

  #decoy(cost: number): Promise<string> {
    const decoy = this.#decoys.get(cost) ?? hash('no password at all', cost);
    this.#decoys.set(cost, decoy);
    return decoy;
  }
}
