import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/** Where the relay puts the rows of the outbox that Kafka will never take. */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query(
    `CREATE TABLE orders_outbox_dead (
      LIKE orders_outbox,
      reason text NOT NULL,
      set_aside_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (id)
    )`,
    { transaction },
  );
};
