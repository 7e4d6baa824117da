import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/**
 * How often a session was renewed. With it each earlier refresh token can be told, while `previous_hash` knew the last one
 * only. A session from before goes on from the token that is good now, as if that were its first.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query(
    'ALTER TABLE sessions ADD COLUMN generation integer NOT NULL DEFAULT 0, DROP COLUMN previous_hash',
    { transaction },
  );
};
