import { compare, hash } from 'bcrypt';

/** Does the work of a comparison for an address that is unknown, so that time does not tell which addresses exist. */
const decoys = new Map<number, Promise<string>>();

/** `cost` is bcrypt's: 10 takes about 50 ms of one core, each step more doubles it. */
export const hashPassword = (password: string, cost: number): Promise<string> => hash(password, cost);

/** Whether the password fits; costs the same time with a null hash (an unknown user), and is then false. */
export const passwordFits = async (password: string, stored: string | null, cost: number): Promise<boolean> => {
  const decoy = decoys.get(cost) ?? hash('no password at all', cost);
  decoys.set(cost, decoy);
  const fits = await compare(password, stored ?? (await decoy));
  return fits && stored !== null;
};
