import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import type { Allowance } from './allowance.ts';
import type { Targets } from './due-times.ts';

/**
 * What every change of an order works with. `targets` say when an order is late in a status, `allowance` what a customer may
 * take, `undoSeconds` for how long after a move the team may take it back.
 */
export interface OrderContext {
  database: Sequelize;
  outbox: Outbox;
  targets: Targets;
  allowance: Allowance;
  undoSeconds: number;
}
