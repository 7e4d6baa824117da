import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import { movesOf, type OrderStatus, steps } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { type NewEvent, outboxColumns } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { QueryTypes } from 'sequelize';
import { dueAt } from './due-times.ts';
import { orderColumns, type OrderRow, toOrder } from './rows.ts';
import type { OrderContext } from './order-context.ts';
import { changeStock } from '../products/stock.ts';

export const noSuchOrder = (): ProblemError => new ProblemError('not_found', 'There is no order with this id.');

/** Where orders go, and why. */
export interface Move {
  status: OrderStatus;
  reason: string | null;
  actor: Actor;
  at: Date;
}

/** Locks orders, in id order; `owner` null means everybody's. */
export const lockOrders = async (
  database: Sequelize,
  ids: string[],
  owner: string | null,
  transaction: Transaction,
): Promise<Map<string, Order>> => {
  const rows = await database.query<OrderRow>(
    `SELECT ${orderColumns} FROM orders o
     WHERE o.id = ANY($1::uuid[]) AND ($2::uuid IS NULL OR o.customer_id = $2) ORDER BY o.id FOR UPDATE OF o`,
    { bind: [ids, owner], type: QueryTypes.SELECT, transaction },
  );
  return new Map(rows.map((row) => [row.id, toOrder(row)]));
};

/** Throws `forbidden` for a step that this role never takes, `invalid_transition` for one that is not open now. */
export const checkMove = (order: Order, { status, actor }: Pick<Move, 'status' | 'actor'>): void => {
  const allowed = movesOf(actor.role, order.status);
  if (allowed.includes(status)) return;
  const ever = steps.filter(({ to }) => to === status);
  if (ever.length > 0 && !ever.some(({ by }) => by.includes(actor.role))) {
    throw new ProblemError('forbidden', `The role ${actor.role} does not move orders to ${status}.`);
  }
  const ways = allowed.length > 0 ? `it can become ${allowed.join(' or ')}` : 'there is no step that you can take';
  throw new ProblemError(
    'invalid_transition',
    `Order ${order.number} is ${order.status} and cannot become ${status}; ${ways}.`,
    { current: order.status, allowed },
  );
};

/**
 * Moves locked orders, whose step was checked, in two round trips at most: a cancellation puts the items back into
 * stock; order, history and events are written together. Gives the orders after the move.
 */
export const moveOrders = async (
  context: OrderContext,
  orders: Order[],
  move: Move,
  transaction: Transaction,
): Promise<Order[]> => {
  if (orders.length === 0) return [];
  const { status, actor, at } = move;
  const due_at = dueAt(context.targets, status, at);
  const moved = orders.map((order) => ({
    ...order,
    status,
    version: order.version + 1,
    due_at,
    updated_at: at.toISOString(),
  }));
  const restocked = status === 'cancelled' ? await restock(context.database, moved, move, transaction) : [];
  const events = moved.map((order, index): NewEvent => {
    const previous_status = orders[index]?.status ?? null;
    return { type: 'order.status_changed', value: { ...order, previous_status, actor } };
  });
  await record(context, orders, { ...move, due_at }, transaction, [...events, ...restocked]);
  return moved;
};

const restock = async (
  database: Sequelize,
  orders: Order[],
  { reason, actor, at }: Move,
  transaction: Transaction,
): Promise<NewEvent[]> => {
  const changes = orders.flatMap((order) =>
    order.items.map(({ product_id, quantity }) => ({ product_id, change: quantity, order_id: order.id })),
  );
  const cause = { kind: 'cancellation' as const, reason, actor, at: at.toISOString() };
  const products = await changeStock(database, changes, cause, transaction);
  return products.map((product) => ({ type: 'product.stock_changed', value: { ...product, actor } }));
};

const record = async (
  { database, outbox }: OrderContext,
  before: Order[],
  { status, reason, actor, at, due_at }: Move & { due_at: string | null },
  transaction: Transaction,
  events: NewEvent[],
): Promise<void> => {
  await database.query(
    `WITH moves AS (
       SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]) AS m (id, version, from_status)
     ), moved AS (
       UPDATE orders o SET status = $4, version = m.version + 1, due_at = $5, updated_at = $6
       FROM moves m WHERE o.id = m.id
     ), step AS (
       INSERT INTO order_status_history
         (order_id, version, from_status, to_status, reason, actor_id, actor_name, actor_role, created_at)
       SELECT m.id, m.version + 1, m.from_status, $4, $7, $8, $9, $10, $6 FROM moves m
     )
     INSERT INTO ${outbox.table} (event_id, type, topic, key, value)
     SELECT * FROM unnest($11::uuid[], $12::text[], $13::text[], $14::text[], $15::json[])`,
    {
      bind: [
        before.map((order) => order.id),
        before.map((order) => order.version),
        before.map((order) => order.status),
        ...[status, due_at, at.toISOString(), reason, actor.id, actor.name, actor.role],
        ...outboxColumns(events),
      ],
      transaction,
    },
  );
};
