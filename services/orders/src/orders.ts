import type { Actor } from '@live-orders/contracts/events.ts';
import type { Order, OrderCreation, OrderQuery, OrderStep, StatusChange } from '@live-orders/contracts/orders.ts';
import { readCursor, toPage } from '@live-orders/runtime/cursor.ts';
import type { Sequelize } from '@live-orders/runtime/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox.ts';
import { QueryTypes } from 'sequelize';
import { orderColumns, type OrderRow, type StepRow, toOrder, toStep } from './models.ts';
import { moveOrder, noSuchOrder } from './moves.ts';
import { placeOrder } from './placement.ts';

/** `null` means every customer's orders. */
type Owner = string | null;

/** The orders of the shop. Every change is one transaction: the order, its history, the stock and the outbox together. */
export class Orders {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;

  constructor(database: Sequelize, outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  /** Throws `unknown_product` or `insufficient_stock`; then nothing is taken. */
  async create(wanted: OrderCreation, customer: Actor): Promise<Order> {
    const order = await this.#database.transaction((transaction) =>
      placeOrder(this.#database, wanted, customer, transaction, this.#outbox.table),
    );
    this.#outbox.wake();
    return order;
  }

  /** Moves an order one step along the transition table. Throws `not_found` or `invalid_transition`. */
  async move(id: string, change: StatusChange, actor: Actor): Promise<Order> {
    const order = await this.#database.transaction((transaction) =>
      moveOrder(this.#database, id, change, actor, transaction, this.#outbox.table),
    );
    this.#outbox.wake();
    return order;
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

  /** Newest first. */
  async list(query: OrderQuery, owner: Owner) {
    const bind: unknown[] = [query.limit + 1];
    const conditions: string[] = [];
    const where = (condition: (...places: string[]) => string, ...values: unknown[]): void => {
      conditions.push(condition(...values.map((value) => `$${bind.push(value)}`)));
    };
    if (owner) where((id) => `o.customer_id = ${id}`, owner);
    if (query.status) where((list) => `o.status = ANY(${list}::text[])`, query.status);
    if (query.q) {
      const number = /^#?(\d{1,9})$/.exec(query.q)?.[1];
      if (number) where((value) => `o.number = ${value}`, Number(number));
      else where((value) => `o.customer_name ILIKE ${value}`, `%${query.q.replace(/[\\%_]/g, '\\$&')}%`);
    }
    if (query.cursor) {
      where((at, id) => `(o.created_at, o.id) < (${at}::timestamptz, ${id}::uuid)`, ...readCursor(query.cursor));
    }
    const rows = await this.#database.query<OrderRow>(
      `SELECT ${orderColumns} FROM orders o ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY o.created_at DESC, o.id DESC LIMIT $1`,
      { bind, type: QueryTypes.SELECT },
    );
    return toPage(rows.map(toOrder), query.limit);
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
}
