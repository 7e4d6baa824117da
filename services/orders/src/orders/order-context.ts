import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import type { Targets } from './due-times.ts';

/** What every change of an order works with. `targets` say when an order is late in a status. */
export interface OrderContext {
  database: Sequelize;
  outbox: Outbox;
  targets: Targets;
}
