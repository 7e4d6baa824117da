import type { Sequelize } from '@live-orders/runtime/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox.ts';
import type { Targets } from './lateness.ts';

/** What every change of an order needs. */
export interface Shop {
  database: Sequelize;
  outbox: Outbox;
  targets: Targets;
}
