import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { compare, hash } from 'bcrypt';

/**
 * Hashes to compare with when the address is unknown, so that the time of an answer does not tell which addresses
 * exist.
 */
const decoys = new Map<number, Promise<string>>();

/** bcrypt ignores what follows the 72nd byte, so two longer passwords could be taken for the same. */
const maxBytes = 72;
/** At 50 ms each on four threads the last of these waits for under a second. */
const mostAtOnce = 64;
let underWay = 0;

/** Throws `unavailable` while too many wait, so that a flood of logins does not slow everything else. */
const limited = async <T>(work: () => Promise<T>): Promise<T> => {
  if (underWay >= mostAtOnce) {
    throw new ProblemError('unavailable', 'Too many people log in at this moment.', {}, { 'retry-after': '2' });
  }
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
  }
};

/** `cost` is bcrypt's: 10 takes about 50 ms of one core, each step more doubles it. */
export const hashPassword = (password: string, cost: number): Promise<string> => limited(() => hash(password, cost));

/** Whether the password fits; costs the same time with a null hash (an unknown user), and is then false. */
export const passwordFits = (password: string, stored: string | null, cost: number): Promise<boolean> =>
  limited(async () => {
    const decoy = decoys.get(cost) ?? hash('no password at all', cost);
    decoys.set(cost, decoy);
    const fits = await compare(password, stored ?? (await decoy));
    return fits && stored !== null && Buffer.byteLength(password) <= maxBytes;
  });
