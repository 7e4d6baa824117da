import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import {
  bulkResults,
  type BulkResults,
  type BulkStatusChange,
  type MoveUndo,
  type OrderCreation,
  type OrderFilter,
  type OrderQuery,
  type OrderStep,
  type StatusChange,
} from '@live-orders/contracts/rest/orders.ts';
import type { TeamMember } from '@live-orders/contracts/domain/users.ts';
import { movesOf } from '@live-orders/contracts/domain/order-status.ts';
import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import { isSame, type Precondition } from '@live-orders/runtime/http/preconditions.ts';
import { type Answer, type IdempotencyKey, once } from '../database/idempotency.ts';
import { filterOrders, type Owner } from './filter.ts';
import { listOrders } from './list.ts';
import { checkMove, lockOrders, moveOrders, noSuchOrder } from './moves.ts';
import type { OrderContext } from './order-context.ts';
import { placeOrder } from './placement.ts';
import { orderColumns, orderRow, stepColumns, stepRow } from './rows.ts';
import { undoMove } from './undo.ts';

/** Orders of an export that are in memory at once, however many there are, even when its reader pauses. */
const batchRows = 100;

/** What staff change of an order; null takes the assignment or the note away. */
interface OrderChange {
  assignee?: Pick<TeamMember, 'id' | 'name'> | null | undefined;
  internal_note?: string | null | undefined;
}

interface ChangeOptions {
  /** Checks the order as it is before the change. */
  precondition: Precondition<Order>;
}

interface KeyOptions {
  key: IdempotencyKey | null;
}

/** The orders of the shop. Every change is one transaction: the order, its history, the stock and the outbox together. */
export class Orders {
  readonly #context: OrderContext;
  readonly #database: Sequelize;

  constructor(context: OrderContext) {
    this.#context = context;
    this.#database = context.database;
  }

  /** Throws `unknown_product` or `insufficient_stock`; then nothing is taken. With a key also what `once` throws. */
  create(wanted: OrderCreation, customer: Actor, { key }: KeyOptions): Promise<Answer<Order>> {
    return this.#context.outbox.transact((transaction) =>
      once(key, orderSchema, transaction, () => placeOrder(this.#context, wanted, customer, transaction)),
    );
  }

  /** Throws `not_found`, `forbidden` or `invalid_transition`, and what the precondition throws. */
  move(
    id: string,
    change: StatusChange,
    actor: Actor,
    { owner, precondition }: ChangeOptions & { owner: Owner },
  ): Promise<Order> {
    return this.#context.outbox.transact(async (transaction) => {
      const before = await this.#locked(id, owner, transaction);
      precondition(before);
      const move = { status: change.status, reason: change.reason ?? null, actor, at: new Date() };
      checkMove(before, move);
      const [moved] = await moveOrders(this.#context, [before], move, transaction);
      if (!moved) throw new Error(`moving order ${id}: it was locked and is gone`);
      return moved;
    });
  }

  /** Throws what `undoMove` and `once` throw, `not_found`, and what the precondition throws. */
  undo(
    id: string,
    { reason }: MoveUndo,
    actor: Actor,
    { precondition, key }: ChangeOptions & KeyOptions,
  ): Promise<Answer<Order>> {
    return this.#context.outbox.transact((transaction) =>
      once(key, orderSchema, transaction, async () => {
        const before = await this.#locked(id, null, transaction);
        precondition(before);
        return undoMove(this.#context, before, { reason: reason ?? null, actor, at: new Date() }, transaction);
      }),
    );
  }

  /** Moves those of the orders that can be moved, and tells of each whether it was moved or why not. */
  moveMany(wanted: BulkStatusChange, actor: Actor, { key }: KeyOptions): Promise<Answer<BulkResults>> {
    return this.#context.outbox.transact((transaction) =>
      once(key, bulkResults, transaction, () => this.#moveMany(wanted, actor, transaction)),
    );
  }

  /**
   * Assigns an order or changes its internal note; a change that leaves everything as it is makes no new version. Throws
   * `not_found`, and what the precondition throws.
   */
  change(
    id: string,
    { assignee, internal_note }: OrderChange,
    actor: Actor,
    { precondition }: ChangeOptions,
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
        `UPDATE orders SET assigned_to = $assigned_to, assigned_name = $assigned_name, internal_note = $internal_note,
           version = $version, updated_at = $updated_at WHERE id = $id`,
        { bind: order, transaction },
      );
      const value = { ...order, previous_status: before.status, actor };
      await this.#context.outbox.append([{ type: 'order.updated', value }], transaction);
      return order;
    });
  }

  /** Throws `not_found`, also for an order that is not the owner's. */
  async get(id: string, owner: Owner): Promise<Order> {
    const [found] = await select(
      this.#database,
      orderRow,
      `SELECT ${orderColumns} FROM orders o WHERE o.id = $id AND ($owner::uuid IS NULL OR o.customer_id = $owner)`,
      { id, owner },
    );
    if (!found) throw noSuchOrder();
    return found;
  }

  /** One page of the orders that fit, and how many fit when the query asks for it. */
  list(query: OrderQuery, owner: Owner) {
    return listOrders(this.#database, query, owner);
  }

  /** All orders that fit, newest first, batch by batch, so that neither side holds them all or keeps a transaction open. */
  async *batches(filter: OrderFilter, owner: Owner): AsyncGenerator<Order[]> {
    for (let last: Order | undefined; ;) {
      const where = filterOrders(filter, owner);
      if (last) where.after('o.created_at', 'o.id', true, [last.created_at, last.id]);
      const orders: Order[] = await select(
        this.#database,
        orderRow,
        `SELECT ${orderColumns} FROM orders o ${where.sql} ORDER BY o.created_at DESC, o.id DESC LIMIT ${batchRows}`,
        where.bind,
      );
      if (orders.length > 0) yield orders;
      if (orders.length < batchRows) return;
      last = orders.at(-1);
    }
  }

  /** The order's steps, oldest first. Throws `not_found` as `get` does. */
  async history(id: string, owner: Owner): Promise<OrderStep[]> {
    const steps = await select(
      this.#database,
      stepRow,
      `SELECT ${stepColumns} FROM order_status_history h JOIN orders o ON o.id = h.order_id
       WHERE o.id = $id AND ($owner::uuid IS NULL OR o.customer_id = $owner) ORDER BY h.version`,
      { id, owner },
    );
    if (steps.length === 0) throw noSuchOrder();
    return steps;
  }

  async #moveMany(
    { orders, status, reason }: BulkStatusChange,
    actor: Actor,
    transaction: Transaction,
  ): Promise<BulkResults> {
    const ids = orders.map(({ id }) => id);
    const found = await lockOrders(ids, null, transaction);
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
    const found = (await lockOrders([id], owner, transaction)).get(id);
    if (!found) throw noSuchOrder();
    return found;
  }
}
