import { givenTime } from '@live-orders/contracts/domain/fields.ts';
import { z } from 'zod';
import { ProblemError } from './problem.ts';

/** What a list is sorted by; a cursor comes from outside, and the database refuses a value of another type. */
export const sortValues = {
  time: givenTime,
  /** bigint */
  amount: z.int(),
  /** integer */
  number: z.int32(),
  /** Whatever a row may hold, also what no caller could give today. */
  text: z.string().refine((text) => !text.includes('\0') && text.isWellFormed()),
};
type SortValues = (typeof sortValues)[keyof typeof sortValues];

/** A place in a sorted list: how it is sorted, and the sort value and the id of the last row seen. */
const place = (values: SortValues) => z.tuple([z.string(), values, z.uuid()]);

/** A list's order: `-` before the column for descending; the id decides between equals, in the same direction. */
export interface Sorting {
  column: string;
  descending: boolean;
}

/** `-created_at` → that column, descending. */
export const readSort = (sort: string): Sorting => ({
  column: sort.replace(/^-/, ''),
  descending: sort.startsWith('-'),
});

/** The rows of one page and the cursor of the next; give it one row more than `limit` to learn whether there is one. */
export const toPage = <T extends { id: string }>(
  rows: T[],
  limit: number,
  sort: string,
  valueOf: (row: T) => string | number,
): { data: T[]; next_cursor: string | null } => {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  if (rows.length <= limit || !last) return { data, next_cursor: null };
  const text = JSON.stringify([sort, valueOf(last), last.id]);
  return { data, next_cursor: Buffer.from(text).toString('base64url') };
};

const refusal = (message: string): ProblemError =>
  new ProblemError('validation_failed', 'See errors for each field.', { errors: [{ path: 'cursor', message }] });

/** What a cursor of a list with this sort says: [sort value, id]. Throws `validation_failed` for any other. */
export const readCursor = (cursor: string, sort: string, values: SortValues): [string | number, string] => {
  try {
    const [given, value, id] = place(values).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (given === sort) return [value, id];
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw refusal('is not a cursor of this list');
  }
  throw refusal('belongs to another sort; begin anew without it');
};
