import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';

/** The statements of one request as they were recorded, and what of their values has to be another each time. */
export const recording = z.object({
  statements: z.array(z.object({ sql: z.string(), bind: z.array(z.unknown()) })),
  /** Ids that the request made. */
  ids: z.array(z.string()),
  /** The order number, which the database gives as `order_number`; null for a request that takes none. */
  number: z.number().nullable(),
  /** The order that the request was for, and the version that it wrote; null for a request that makes one. */
  changed: z.object({ id: z.string(), version: z.number() }).nullable(),
});
export type Recording = z.infer<typeof recording>;

const substitute = (value: unknown, fresh: Map<unknown, unknown>): unknown =>
  Array.isArray(value) ? value.map((one) => substitute(one, fresh)) : fresh.has(value) ? fresh.get(value) : value;

/** Far above those that the orders service writes, so that it never meets one in the history of an order. */
let version = 1_000_000;

/** Sends the statements again, with new ids, numbers and versions; a change is of the order `id`. Resolves with the last rows. */
export const replay = async (
  pool: pg.Pool,
  { statements, ids, number, changed }: Recording,
  id: string | null,
): Promise<unknown[]> => {
  const fresh = new Map<unknown, unknown>(ids.map((old) => [old, uuidv7()]));
  if (changed) {
    version += 1;
    fresh.set(changed.id, id).set(changed.version, version);
  }
  const client = await pool.connect();
  try {
    let last: { order_number?: number }[] = [];
    for (const { sql, bind } of statements) {
      const bound = bind.map((value) => substitute(value, fresh));
      ({ rows: last } = await client.query<{ order_number?: number }>(sql, bound));
      if (number !== null && last[0]?.order_number) fresh.set(number, last[0].order_number);
    }
    return last;
  } finally {
    client.release();
  }
};
