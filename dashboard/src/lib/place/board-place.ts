import { z } from 'zod';
import { keep, readKept } from '../ui/kept.ts';

const boardPlace = z.object({
  /** The query of the board's address: its filter, search and sort order. */
  search: z.union([z.literal(''), z.templateLiteral(['?', z.string()])]),
  /** The numbers of the orders that were shown, first to last. */
  numbers: z.array(z.int()),
  /** How many px the board was scrolled down. */
  scroll: z.number(),
  /** The order that was opened, and how many px its row was below the top of the window; null for none, or for no row. */
  opened: z.int().nullable(),
  top: z.number().nullable(),
});
/** Where somebody was on the board when they left it. */
export type BoardPlace = z.infer<typeof boardPlace>;

const nameFor = (userId: string): string => `live-orders:board:${userId}`;

/** Where the user was on the board when they left it in this tab, also before a reload; null for nowhere. */
export const readPlace = (userId: string): BoardPlace | null => readKept('sessionStorage', nameFor(userId), boardPlace);

export const keepPlace = (userId: string, place: BoardPlace): void => keep('sessionStorage', nameFor(userId), place);

/** The order that comes so many `steps` after this one in a list of numbers, or before it; null where none does. */
export function neighbour(numbers: readonly number[], number: number, steps: 1 | -1): number | null {
  const at = numbers.indexOf(number);
  return at === -1 ? null : (numbers[at + steps] ?? null);
}
