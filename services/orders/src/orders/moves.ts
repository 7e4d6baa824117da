import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import { movesOf, type OrderStatus, steps } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Transaction } from '@live-orders/runtime/database/database.ts';
import { execute, selectPrepared } from '@live-orders/runtime/database/prepared.ts';
import type { NewEvent } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { actorBind } from '../database/insert.ts';
import { changeStock } from '../products/stock.ts';
import { dueAt } from './due-times.ts';
import type { Owner } from './filter.ts';
import type { OrderContext } from './order-context.ts';
import { orderColumns, orderRow } from './rows.ts';

export const noSuchOrder = (): ProblemError => new ProblemError('not_found', 'There is no order with this id.');

/** A step to take with one or several orders: to which status, why, by whom and when. */
export interface Move {
  status: OrderStatus;
  reason: string | null;
  actor: Actor;
  at: Date;
}

/** Locks those of these orders that `owner` may reach, in id order, so that no two callers wait for each other in a ring. */
export const lockOrders = async (
  ids: string[],
  owner: Owner,
  transaction: Transaction,
): Promise<Map<string, Order>> => {
  const orders = await selectPrepared(
    transaction,
    orderRow,
    `SELECT ${orderColumns} FROM orders o
     WHERE o.id = ANY($ids::uuid[]) AND ($owner::uuid IS NULL OR o.customer_id = $owner) ORDER BY o.id FOR UPDATE OF o`,
    { ids, owner },
  );
  return new Map(orders.map((order) => [order.id, order]));
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
  const restocked = status === 'cancelled' ? await restock(moved, move, transaction) : [];
  const events = moved.map((order, index): NewEvent => {
    const previous_status = orders[index]?.status ?? null;
    return { type: 'order.status_changed', value: { ...order, previous_status, actor } };
  });
  await recordMoves(context, orders, { ...move, due_at, takes_back: null }, transaction, [...events, ...restocked]);
  return moved;
};

const restock = async (orders: Order[], { reason, actor, at }: Move, transaction: Transaction): Promise<NewEvent[]> => {
  const changes = orders.flatMap((order) =>
    order.items.map(({ product_id, quantity }) => ({ product_id, change: quantity, order_id: order.id })),
  );
  const cause = { kind: 'cancellation' as const, reason, actor, at: at.toISOString() };
  const products = await changeStock(changes, cause, transaction);
  return products.map((product) => ({ type: 'product.stock_changed', value: { ...product, actor } }));
};

/** Writes the same step of locked orders with its events; `takes_back` is the version of the step that it takes back. */
export const recordMoves = async (
  { outbox }: OrderContext,
  before: Order[],
  { status, reason, actor, at, due_at, takes_back }: Move & { due_at: string | null; takes_back: number | null },
  transaction: Transaction,
  events: NewEvent[],
): Promise<void> => {
  const inserted = outbox.insertion(events);
  await execute(
    transaction,
    `WITH moves AS (
       SELECT * FROM unnest($ids::uuid[], $versions::int[], $statuses::text[]) AS m (id, version, from_status)
     ), moved AS (
       UPDATE orders o SET status = $status, version = m.version + 1, due_at = $due_at, updated_at = $at
       FROM moves m WHERE o.id = m.id
     ), step AS (
       INSERT INTO order_status_history
         (order_id, version, from_status, to_status, reason, takes_back, actor_id, actor_name, actor_role,
          created_at)
       SELECT m.id, m.version + 1, m.from_status, $status, $reason, $takes_back::int, $actor_id, $actor_name, $actor_role,
         $at FROM moves m
     )
     ${inserted.sql}`,
    {
      ids: before.map((order) => order.id),
      versions: before.map((order) => order.version),
      statuses: before.map((order) => order.status),
      ...{ status, due_at, reason, takes_back, at: at.toISOString(), ...actorBind(actor), ...inserted.bind },
    },
  );
};
