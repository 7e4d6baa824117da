import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { z } from 'zod';

/**
 * The values of a statement by name, each written `$name` in its SQL. `null` is a value; a name without one is refused.
 */
export type Binds = Record<string, unknown>;

/** A `timestamptz` column, given on as RFC 3339 text in UTC, as the contracts write times. */
export const timestampColumn = z.date().transform((at) => at.toISOString());

/**
 * A `bigint` column, which pg gives as text. Amounts and counts stay far below 2^53, from where on a number is not
 * exact.
 */
export const bigintColumn = z.string().transform(Number);

/**
 * The columns of a row's schema for a SELECT or RETURNING list, of the table that is called `alias` there. A column
 * that is not one of the table's stands in `computed` with its expression.
 */
export const columnsOf = <S extends z.core.$ZodShape>(
  row: z.ZodObject<S>,
  alias: string,
  computed: { [name in keyof S]?: string } = {},
): string =>
  Object.keys(row.shape)
    .map((name) => (computed[name] === undefined ? `${alias}.${name}` : `${computed[name]} AS ${name}`))
    .join(', ');

/**
 * The rows that a statement gives (SELECT, or INSERT, UPDATE and DELETE with RETURNING), each checked and converted by
 * its schema. Rejects when a row does not fit: then the schema and the tables disagree, which is a fault of ours.
 *
 * A schema says what types the columns have, not what the contracts demand of a value: those checks were made when the
 * row was written. 200 orders with their items are parsed in 0.50 ms, where mapping them by hand took 0.36 ms; that is
 * 2 % of the 6 to 7 ms of a request for them. With the contracts' own schema it would be 1.1 ms.
 */
export const select = async <T>(
  database: Sequelize,
  row: z.ZodType<T>,
  sql: string,
  bind: Binds,
  transaction?: Transaction,
): Promise<T[]> => {
  const rows = await database.query(sql, { bind, type: QueryTypes.SELECT, ...(transaction ? { transaction } : {}) });
  return checkRows(row, rows);
};

/** Throws where a row does not fit. */
export const checkRows = <T>(row: z.ZodType<T>, rows: unknown[]): T[] =>
  rows.map((one) => {
    const { success, data, error } = row.safeParse(one);
    if (!success) throw new Error(`a row does not fit its schema: ${z.prettifyError(error)}`, { cause: error });
    return data;
  });
