import { z } from 'zod';
import { ProblemError } from './problem.ts';

/** A place in a sorted list: how it is sorted, and the sort value and the id of the last row seen. */
const place = z.tuple([z.string(), z.union([z.iso.datetime(), z.int(), z.string()]), z.uuid()]);

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
export const readCursor = (cursor: string, sort: string): [string | number, string] => {
  try {
    const [given, value, id] = place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (given === sort) return [value, id];
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw refusal('is not a cursor of this list');
  }
  throw refusal('belongs to another sort; begin anew without it');
};
