import type { Actor } from '@live-orders/contracts/events.ts';
import {
  canMove,
  type Order,
  type OrderStatus,
  type StatusChange,
  transitions,
} from '@live-orders/contracts/orders.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database.ts';
import { type NewEvent, outboxColumns } from '@live-orders/runtime/outbox.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import { QueryTypes } from 'sequelize';
import { dueAt } from './lateness.ts';
import { orderColumns, type OrderRow, toOrder } from './models.ts';
import { changeStock } from './products.ts';

export const noSuchOrder = (): ProblemError => new ProblemError('not_found', 'There is no order with this id.');

/**
 * Moves an order one step along the transition table within the caller's transaction; a cancellation puts its items
 * back into stock. Throws `not_found`, or `invalid_transition` with the allowed statuses.
 */
export const moveOrder = async (
  database: Sequelize,
  id: string,
  { status, reason }: StatusChange,
  actor: Actor,
  transaction: Transaction,
  outboxTable: string,
  at = new Date(),
): Promise<Order> => {
  const before = await lockOrder(database, id, transaction);
  if (!canMove(before.status, status)) throw invalidTransition(before, status);
  const order: Order = {
    ...before,
    status,
    version: before.version + 1,
    due_at: dueAt(status, at),
    updated_at: at.toISOString(),
  };
  const restocked = status === 'cancelled' ? await restock(database, order, actor, transaction) : [];
  const step = { order, from: before.status, reason: reason ?? null, actor };
  await recordMove(database, step, transaction, outboxTable, [
    { type: 'order.status_changed', value: { ...order, previous_status: before.status, actor } },
    ...restocked,
  ]);
  return order;
};

const lockOrder = async (database: Sequelize, id: string, transaction: Transaction): Promise<Order> => {
  const [row] = await database.query<OrderRow>(`SELECT ${orderColumns} FROM orders o WHERE o.id = $1 FOR UPDATE OF o`, {
    bind: [id],
    type: QueryTypes.SELECT,
    transaction,
  });
  if (!row) throw noSuchOrder();
  return toOrder(row);
};

const restock = async (
  database: Sequelize,
  order: Order,
  actor: Actor,
  transaction: Transaction,
): Promise<NewEvent[]> => {
  const changes = order.items.map(({ product_id, quantity }) => ({ product_id, change: quantity }));
  const products = await changeStock(database, changes, order.updated_at, transaction);
  return products.map((product) => ({ type: 'product.stock_changed', value: { ...product, actor } }));
};

/** The order, its history and the events, in one round trip. */
const recordMove = async (
  database: Sequelize,
  { order, from, reason, actor }: { order: Order; from: OrderStatus; reason: string | null; actor: Actor },
  transaction: Transaction,
  outboxTable: string,
  events: NewEvent[],
): Promise<void> => {
  const { id, status, version, due_at, updated_at } = order;
  await database.query(
    `WITH moved AS (
       UPDATE orders SET status = $2, version = $3, due_at = $4, updated_at = $5 WHERE id = $1
     ), step AS (
       INSERT INTO order_status_history
         (order_id, version, from_status, to_status, reason, actor_id, actor_name, actor_role, created_at)
       VALUES ($1, $3, $6, $2, $7, $8, $9, $10, $5)
     )
     INSERT INTO ${outboxTable} (event_id, type, topic, key, value)
     SELECT * FROM unnest($11::uuid[], $12::text[], $13::text[], $14::text[], $15::json[])`,
    {
      bind: [
        ...[id, status, version, due_at, updated_at],
        ...[from, reason, actor.id, actor.name, actor.role],
        ...outboxColumns(events),
      ],
      transaction,
    },
  );
};

const invalidTransition = (order: Order, wanted: OrderStatus): ProblemError => {
  const allowed = transitions[order.status];
  const ways = allowed.length > 0 ? `it can become ${allowed.join(' or ')}` : 'nothing follows that';
  return new ProblemError(
    'invalid_transition',
    `Order ${order.number} is ${order.status} and cannot become ${wanted}; ${ways}.`,
    { current: order.status, allowed },
  );
};
