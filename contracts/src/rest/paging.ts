import { z } from 'zod';

/**
 * Query of every list: `limit` rows a page, `cursor` as the previous page's `next_cursor` gave it. Strict: a misspelt
 * filter must not answer everything.
 */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Rows a page' }),
  // A cursor carries the sort value of a row, such as a name of 200 characters.
  cursor: z.string().max(2_000).optional().meta({ description: '`next_cursor` of the page before' }),
});

/** The shape of every list: `next_cursor` is null on the last page. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });
