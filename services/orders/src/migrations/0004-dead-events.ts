import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { deadEventsTable } from '@live-orders/runtime/outbox/outbox.ts';

export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query(deadEventsTable('orders_outbox'), { transaction });
};
