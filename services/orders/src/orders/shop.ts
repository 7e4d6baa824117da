import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import type { Targets } from './due-times.ts';

/** What every change of an order needs. */
export interface Shop {
  database: Sequelize;
  outbox: Outbox;
  targets: Targets;
}
