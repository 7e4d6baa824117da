import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import { orderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Transaction } from '@live-orders/runtime/database/database.ts';
import { selectPrepared } from '@live-orders/runtime/database/prepared.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { NewEvent } from '@live-orders/runtime/outbox/outbox.ts';
import { z } from 'zod';
import { changeStock, insufficientStock, lockStock } from '../products/stock.ts';
import { dueAt } from './due-times.ts';
import { recordMoves } from './moves.ts';
import type { OrderContext } from './order-context.ts';

/** The default of the setting `UNDO_SECONDS`. */
export const defaultUndoSeconds = 120;

/** Who takes the last move of an order back, when, and why; the reason may be missing while everybody of the team may do it. */
export interface Undo {
  reason: string | null;
  actor: Actor;
  at: Date;
}

const stepRow = z.object({
  version: z.number(),
  from_status: orderStatus.nullable(),
  created_at: z.date(),
});

/** The last step that counts, and the one before it; steps that were taken back, and those that did that, do not count. */
const lastSteps = (id: string, transaction: Transaction) =>
  selectPrepared(
    transaction,
    stepRow,
    `SELECT h.version, h.from_status, h.created_at FROM order_status_history h
     WHERE h.order_id = $id AND h.takes_back IS NULL AND NOT EXISTS (
       SELECT FROM order_status_history t WHERE t.order_id = h.order_id AND t.takes_back = h.version)
     ORDER BY h.version DESC LIMIT 2`,
    { id },
  );

/**
 * Takes the last move of a locked order back: it has the status that it had before, is due when it was due then, and a
 * cancelled one takes its items out of stock again. Gives the order after that. Throws `nothing_to_undo`, `undo_expired` for
 * who is no admin and comes too late, `validation_failed` for an admin who comes late without a reason, `insufficient_stock`.
 */
export const undoMove = async (
  context: OrderContext,
  order: Order,
  { reason, actor, at }: Undo,
  transaction: Transaction,
): Promise<Order> => {
  const [last, before] = await lastSteps(order.id, transaction);
  if (!last?.from_status || !before)
    throw new ProblemError(
      'nothing_to_undo',
      `Order ${order.number} has not been moved, or its moves were taken back.`,
    );
  checkTime(order, last.created_at, { reason, actor, at }, context.undoSeconds);
  const undone: Order = {
    ...order,
    status: last.from_status,
    version: order.version + 1,
    due_at: dueAt(context.targets, last.from_status, before.created_at),
    updated_at: at.toISOString(),
  };
  const sold = order.status === 'cancelled' ? await sellAgain(order, { reason, actor, at }, transaction) : [];
  const value = { ...undone, previous_status: order.status, actor, takes_back: last.version };
  const events: NewEvent[] = [{ type: 'order.status_changed', value }, ...sold];
  const { status, due_at } = undone;
  await recordMoves(
    context,
    [order],
    { status, due_at, reason, actor, at, takes_back: last.version },
    transaction,
    events,
  );
  return undone;
};

const describeAge = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.floor(seconds / 60)} min`
      : `${Math.floor(seconds / 3_600)} h`;

const checkTime = (order: Order, moved: Date, { reason, actor, at }: Undo, undoSeconds: number): void => {
  const seconds = Math.floor((at.getTime() - moved.getTime()) / 1_000);
  if (seconds <= undoSeconds) return;
  if (actor.role !== 'admin') {
    const late = `Order ${order.number} was moved ${describeAge(seconds)} ago, and the team can take a move back for ${undoSeconds} s`;
    throw new ProblemError('undo_expired', `${late}; an administrator can, with a reason.`);
  }
  if (reason !== null) return;
  throw new ProblemError('validation_failed', 'See errors for each field.', {
    errors: [{ path: 'reason', message: `is needed more than ${undoSeconds} s after the move` }],
  });
};

/** Takes the items of an order out of stock again, which its cancellation had put back. */
const sellAgain = async (order: Order, { reason, actor, at }: Undo, transaction: Transaction): Promise<NewEvent[]> => {
  const wanted = order.items.map(({ product_id, name, quantity }) => ({ product_id, name, quantity }));
  const stock = await lockStock(
    wanted.map(({ product_id }) => product_id),
    transaction,
  );
  const short = wanted.flatMap(({ product_id, name, quantity }) => {
    const available = stock.get(product_id) ?? 0;
    return available >= quantity ? [] : [{ product_id, name, requested: quantity, available }];
  });
  if (short.length > 0) throw insufficientStock(short);
  const changes = wanted.map(({ product_id, quantity }) => ({ product_id, change: -quantity, order_id: order.id }));
  const cause = { kind: 'order' as const, reason, actor, at: at.toISOString() };
  const products = await changeStock(changes, cause, transaction);
  return products.map((product) => ({ type: 'product.stock_changed', value: { ...product, actor } }));
};
