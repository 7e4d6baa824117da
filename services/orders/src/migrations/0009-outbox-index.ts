import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/**
 * A relay that opens deletes the rows that Kafka has already, by their event ids. Of 100,000 rows that took 0.1 s without an index,
 * and after a long outage of Kafka there may be millions.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query('CREATE INDEX orders_outbox_by_event ON orders_outbox (event_id)', { transaction });
};
