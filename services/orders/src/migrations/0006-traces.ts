import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/** The request that made a change goes with its event. Null in rows of an earlier release, and of changes that no request made. */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  for (const table of ['orders_outbox', 'orders_outbox_dead'])
    await database.query(`ALTER TABLE ${table} ADD COLUMN request_id text, ADD COLUMN traceparent text`, {
      transaction,
    });
};
