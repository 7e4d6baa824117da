import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import {
  bulkResults,
  type BulkResults,
  type BulkStatusChange,
  type OrderChange,
  type OrderCreation,
  type OrderStep,
  type StatusChange,
} from '@live-orders/contracts/rest/orders.ts';
import { movesOf } from '@live-orders/contracts/domain/order-status.ts';
import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { isSame, type Precondition } from '@live-orders/runtime/http/preconditions.ts';
import { QueryTypes } from 'sequelize';
import { type Answer, type IdempotencyKey, once } from '../database/idempotency.ts';
import { orderColumns, type OrderRow, type StepRow, toOrder, toStep } from './rows.ts';
import { checkMove, lockOrders, moveOrders, noSuchOrder } from './moves.ts';
import { placeOrder } from './placement.ts';
import type { OrderContext } from './order-context.ts';

/** Whose orders a caller may reach; `null` means everybody's. */
export type Owner = string | null;

/** The orders of the shop. Every change is one transaction: the order, its history, the stock and the outbox together. */
export class Orders {
  readonly #context: OrderContext;
  readonly #database: Sequelize;

  constructor(context: OrderContext) {
    this.#context = context;
    this.#database = context.database;
  }

  /** Throws `unknown_product` or `insufficient_stock`; then nothing is taken. With a key also what `once` throws. */
  create(wanted: OrderCreation, customer: Actor, key: IdempotencyKey | null): Promise<Answer<Order>> {
    return this.#context.outbox.transact((transaction) =>
      once(this.#database, key, orderSchema, transaction, () =>
        placeOrder(this.#context, wanted, customer, transaction),
      ),
    );
  }

  /** Throws `not_found`, `version_conflict`, `forbidden` or `invalid_transition`. */
  move(
    id: string,
    change: StatusChange,
    actor: Actor,
    owner: Owner,
    precondition: Precondition<Order>,
  ): Promise<Order> {
    return this.#context.outbox.transact(async (transaction) => {
      const before = await this.#locked(id, owner, transaction);
      precondition(before);
      const move = { status: change.status, reason: change.reason ?? null, actor, at: new Date() };
      checkMove(before, move);
      const [moved] = await moveOrders(this.#context, [before], move, transaction);
      if (!moved) throw new Error(`order ${id} was locked and is gone`);
      return moved;
    });
  }

  /** Moves those that can be moved, and tells of each what became of it. */
  moveMany(wanted: BulkStatusChange, actor: Actor, key: IdempotencyKey | null): Promise<Answer<BulkResults>> {
    return this.#context.outbox.transact((transaction) =>
      once(this.#database, key, bulkResults, transaction, () => this.#moveMany(wanted, actor, transaction)),
    );
  }

  /**
   * Assigns an order or changes its internal note; what changes nothing makes no version. Throws `not_found` or
   * `version_conflict`.
   */
  change(
    id: string,
    { assignee, internal_note }: OrderChange,
    actor: Actor,
    precondition: Precondition<Order>,
  ): Promise<Order> {
    return this.#context.outbox.transact(async (transaction) => {
      const before = await this.#locked(id, null, transaction);
      precondition(before);
      const wanted = {
        ...(assignee === undefined ? {} : { assigned_to: assignee?.id ?? null, assigned_name: assignee?.name ?? null }),
        ...(internal_note === undefined ? {} : { internal_note }),
      };
      if (isSame(before, wanted)) return before;
      const order: Order = {
        ...before,
        ...wanted,
        version: before.version + 1,
        updated_at: new Date().toISOString(),
      };
      await this.#database.query(
        `UPDATE orders SET assigned_to = $2, assigned_name = $3, internal_note = $4, version = $5, updated_at = $6
         WHERE id = $1`,
        {
          bind: [id, order.assigned_to, order.assigned_name, order.internal_note, order.version, order.updated_at],
          transaction,
        },
      );
      const value = { ...order, previous_status: before.status, actor };
      await this.#context.outbox.append([{ type: 'order.updated', value }], transaction);
      return order;
    });
  }

  /** Throws `not_found`, also for an order that is not the owner's. */
  async get(id: string, owner: Owner): Promise<Order> {
    const [row] = await this.#database.query<OrderRow>(
      `SELECT ${orderColumns} FROM orders o WHERE o.id = $1 AND ($2::uuid IS NULL OR o.customer_id = $2)`,
      { bind: [id, owner], type: QueryTypes.SELECT },
    );
    if (!row) throw noSuchOrder();
    return toOrder(row);
  }

  /** The order's steps, oldest first. Throws `not_found` as `get` does. */
  async history(id: string, owner: Owner): Promise<OrderStep[]> {
    const rows = await this.#database.query<StepRow>(
      `SELECT h.version, h.from_status AS "from", h.to_status AS "to", h.reason, h.actor_name, h.created_at
       FROM order_status_history h JOIN orders o ON o.id = h.order_id
       WHERE o.id = $1 AND ($2::uuid IS NULL OR o.customer_id = $2) ORDER BY h.version`,
      { bind: [id, owner], type: QueryTypes.SELECT },
    );
    if (rows.length === 0) throw noSuchOrder();
    return rows.map(toStep);
  }

  async #moveMany(
    { orders, status, reason }: BulkStatusChange,
    actor: Actor,
    transaction: Transaction,
  ): Promise<BulkResults> {
    const ids = orders.map(({ id }) => id);
    const found = await lockOrders(this.#database, ids, null, transaction);
    const results = orders.map(({ id, version }): BulkResults['results'][number] => {
      const order = found.get(id);
      if (!order) return { id, outcome: 'not_found' };
      if (version !== undefined && version !== order.version) return { id, outcome: 'conflict', order };
      const allowed = movesOf(actor.role, order.status);
      return allowed.includes(status) ? { id, outcome: 'moved', order } : { id, outcome: 'invalid', order, allowed };
    });
    const movable = results.flatMap((result) => (result.outcome === 'moved' ? [result.order] : []));
    const move = { status, reason: reason ?? null, actor, at: new Date() };
    const moved = await moveOrders(this.#context, movable, move, transaction);
    const after = new Map(moved.map((order) => [order.id, order]));
    return {
      moved: moved.length,
      results: results.map((result) =>
        result.outcome === 'moved' ? { ...result, order: after.get(result.id) ?? result.order } : result,
      ),
    };
  }

  async #locked(id: string, owner: Owner, transaction: Transaction): Promise<Order> {
    const found = (await lockOrders(this.#database, [id], owner, transaction)).get(id);
    if (!found) throw noSuchOrder();
    return found;
  }
}
