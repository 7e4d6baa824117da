import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/** The views of the board that each member of the team keeps. Names that look the same are the same. */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  for (const statement of [
    `CREATE TABLE saved_views (
       id uuid PRIMARY KEY,
       user_id uuid NOT NULL,
       name text NOT NULL,
       search text NOT NULL,
       created_at timestamptz NOT NULL,
       updated_at timestamptz NOT NULL
     )`,
    'CREATE UNIQUE INDEX saved_views_by_name ON saved_views (user_id, lower(normalize(name, NFKC)))',
  ])
    await database.query(statement, { transaction });
};
