import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/** `searchText` of the contracts, as it was when this migration was released, of a column. */
const searchText = (column: string): string => {
  const letters = `lower(regexp_replace(normalize(${column}, NFKD), '[\\u0300-\\u036f]', '', 'g'))`;
  const single = `translate(${letters}, 'ıłøđðħς’', 'iloddhσ''')`;
  const pairs = [
    ['þ', 'th'],
    ['ß', 'ss'],
    ['æ', 'ae'],
    ['œ', 'oe'],
  ] as const;
  return `normalize(${pairs.reduce((text, [letter, pair]) => `replace(${text}, '${letter}', '${pair}')`, single)}, NFC)`;
};

/** Searches find the customer's note. Only orders that have one are written anew, in batches, as the migration of names does. */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  let last: unknown = '00000000-0000-0000-0000-000000000000';
  while (last) {
    const batch = await database.query(
      `WITH batch AS (SELECT id, search, note FROM orders WHERE id > $last ORDER BY id LIMIT 10000), written AS (
         UPDATE orders o SET search = b.search || ' ' || ${searchText('b.note')} FROM batch b
         WHERE o.id = b.id AND b.note IS NOT NULL
       )
       SELECT id FROM batch ORDER BY id DESC LIMIT 1`,
      { bind: { last }, plain: true, transaction },
    );
    last = batch?.id;
  }
  await database.query('ANALYZE orders (search)', { transaction });
};
