import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/** Counts how often all sessions of a user ended at once, so that no clock has to tell which came before and which after. */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query('ALTER TABLE users ADD COLUMN session_epoch integer NOT NULL DEFAULT 0', { transaction });
};
