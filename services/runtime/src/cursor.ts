import { z } from 'zod';
import { ProblemError } from './problem.ts';

/** A place in a list that is sorted by time of creation, newest first; the id decides between equals. */
const place = z.tuple([z.iso.datetime(), z.uuid()]);

interface Row {
  id: string;
  created_at: string;
}

/** The rows of one page and the cursor of the next; give it one row more than `limit` to learn whether there is one. */
export const toPage = <T extends Row>(rows: T[], limit: number): { data: T[]; next_cursor: string | null } => {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last;
  return {
    data,
    next_cursor: more ? Buffer.from(JSON.stringify([last.created_at, last.id])).toString('base64url') : null,
  };
};

/** What a cursor says: [created_at, id] of the last row seen. Throws `validation_failed` for one that we did not give. */
export const readCursor = (cursor: string): [string, string] => {
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (error) {
    throw new ProblemError('validation_failed', 'See errors for each field.', {
      errors: [
        { path: 'cursor', message: error instanceof SyntaxError ? 'is not readable' : 'is not a cursor of this list' },
      ],
    });
  }
};
