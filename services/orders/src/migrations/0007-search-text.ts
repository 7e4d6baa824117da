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

/**
 * Searches find names whatever accents are typed. The column `search` holds names without them, so only rows with other
 * characters than ASCII are written anew, in batches, each of which stays far below the time that a statement may take. A
 * column that PostgreSQL generates would rewrite the whole table and its indexes while nobody can read it; here only
 * those rows are locked, and only for those who change them. What it costs stands in docs/performance.md.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  let last: unknown = '00000000-0000-0000-0000-000000000000';
  while (last) {
    const batch = await database.query(
      `WITH batch AS (SELECT id, search FROM orders WHERE id > $last ORDER BY id LIMIT 10000), written AS (
         UPDATE orders o SET search = ${searchText('b.search')} FROM batch b
         WHERE o.id = b.id AND octet_length(b.search) > char_length(b.search)
       )
       SELECT id FROM batch ORDER BY id DESC LIMIT 1`,
      { bind: { last }, plain: true, transaction },
    );
    last = batch?.id;
  }
  const statements = [
    // Searches are planned by what is known of the column: with the old names in it, they took 60 to 280 ms instead of 1 to 2.
    'ANALYZE orders (search)',
    // These lock the table of products until the end, so they come last.
    "ALTER TABLE products ADD search text NOT NULL DEFAULT ''",
    `UPDATE products SET search = ${searchText('name')}`,
    'DROP INDEX products_by_name',
    'CREATE INDEX products_by_search ON products USING gin (search gin_trgm_ops)',
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
