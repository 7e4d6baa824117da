import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import { product as productSchema, type Product } from '@live-orders/contracts/domain/products.ts';
import type {
  ProductChange,
  ProductCreation,
  ProductQuery,
  StockAdjustment,
  StockMovement,
} from '@live-orders/contracts/rest/products.ts';
import { readCursor, readSort, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { isSame, type Precondition } from '@live-orders/runtime/http/preconditions.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { QueryTypes } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { type Answer, type IdempotencyKey, once } from '../database/idempotency.ts';
import { productColumns, type ProductRow, toProduct } from './rows.ts';
import { Conditions, contains } from '../database/conditions.ts';
import { changeStock } from './stock.ts';

/** Far from where an integer of PostgreSQL ends, also after every cancellation that may still come. */
const mostStock = 1_000_000_000;

const noSuchProduct = (): ProblemError => new ProblemError('not_found', 'There is no product with this id.');

/** What the shop sells. Every change is one transaction with its event. */
export class Products {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;

  constructor(database: Sequelize, outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  async list(query: ProductQuery) {
    const { column, descending } = readSort(query.sort);
    const where = new Conditions();
    where.add((value) => `p.archived = ${value}`, query.archived);
    if (query.q) where.add((pattern) => `p.name ILIKE ${pattern}`, contains(query.q));
    if (query.low_stock !== undefined) {
      where.add((wanted) => `(p.stock <= p.low_stock_threshold) = ${wanted}`, query.low_stock);
    }
    if (query.cursor) {
      where.after(`p.${column}`, 'p.id', descending, readCursor(query.cursor, query.sort, sortType(column)));
    }
    const direction = descending ? 'DESC' : 'ASC';
    const rows = await this.#database.query<ProductRow>(
      `SELECT ${productColumns} FROM products p ${where.sql}
       ORDER BY p.${column} ${direction}, p.id ${direction} LIMIT ${query.limit + 1}`,
      { bind: where.values, type: QueryTypes.SELECT },
    );
    const { sort } = query;
    return toPage(rows.map(toProduct), query.limit, sort, (product) => sortValue(product, column));
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Product> {
    const [row] = await this.#database.query<ProductRow>(`SELECT ${productColumns} FROM products p WHERE p.id = $1`, {
      bind: [id],
      type: QueryTypes.SELECT,
    });
    if (!row) throw noSuchProduct();
    return toProduct(row);
  }

  /** With a key, throws what `once` throws. */
  create(wanted: ProductCreation, actor: Actor, key: IdempotencyKey | null): Promise<Answer<Product>> {
    return this.#outbox.transact((transaction) =>
      once(this.#database, key, productSchema, transaction, () => this.#create(wanted, actor, transaction)),
    );
  }

  /** What changes nothing makes no version. Throws `not_found`, or `version_conflict` as the precondition does. */
  async change(id: string, change: ProductChange, precondition: Precondition<Product>, actor: Actor): Promise<Product> {
    return this.#outbox.transact(async (transaction) => {
      const before = await this.#locked(id, transaction);
      precondition(before);
      if (isSame(before, change)) return before;
      const after: Product = {
        ...before,
        ...change,
        version: before.version + 1,
        updated_at: new Date().toISOString(),
      };
      await this.#database.query(
        `UPDATE products SET name = $2, description = $3, price = $4, low_stock_threshold = $5, archived = $6,
           version = $7, updated_at = $8 WHERE id = $1`,
        {
          bind: [
            ...[id, after.name, after.description, after.price, after.low_stock_threshold],
            ...[after.archived, after.version, after.updated_at],
          ],
          transaction,
        },
      );
      await this.#outbox.append([{ type: 'product.updated', value: { ...after, actor } }], transaction);
      return after;
    });
  }

  /**
   * Throws `not_found`, `version_conflict` as the precondition does, or `insufficient_stock` where less than nothing would
   * be left; with a key also what `once` throws.
   */
  adjust(
    id: string,
    adjustment: StockAdjustment,
    precondition: Precondition<Product>,
    actor: Actor,
    key: IdempotencyKey | null,
  ): Promise<Answer<Product>> {
    return this.#outbox.transact((transaction) =>
      once(this.#database, key, productSchema, transaction, () =>
        this.#adjust(id, adjustment, precondition, actor, transaction),
      ),
    );
  }

  /** The movements of a product's stock, newest first; `before` is the id of the last one seen. */
  async movements(id: string, limit: number, before: number | null) {
    await this.get(id);
    const rows = await this.#database.query<
      Omit<StockMovement, 'id' | 'created_at'> & { id: string; created_at: Date }
    >(
      `SELECT id, change, kind, order_id, reason, actor_name, created_at FROM stock_movements
       WHERE product_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      { bind: [id, before, limit + 1], type: QueryTypes.SELECT },
    );
    const data = rows
      .slice(0, limit)
      .map((row) => ({ ...row, id: Number(row.id), created_at: row.created_at.toISOString() }));
    return { data, next_cursor: rows.length > limit ? String(data.at(-1)?.id ?? '') : null };
  }

  async #create(wanted: ProductCreation, actor: Actor, transaction: Transaction): Promise<Product> {
    const at = new Date().toISOString();
    const created: Product = { id: uuidv7(), ...wanted, archived: false, version: 1, created_at: at, updated_at: at };
    // The first stock is a movement like any other, so that movements always add up to the stock.
    await this.#database.query(
      `WITH created AS (
         INSERT INTO products (id, name, description, price, currency, stock, low_stock_threshold, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
       )
       INSERT INTO stock_movements (product_id, change, kind, reason, actor_id, actor_name, actor_role, created_at)
       SELECT $1, $6, 'adjustment', 'first stock', $9, $10, $11, $8 WHERE $6 > 0`,
      {
        bind: [
          ...[created.id, created.name, created.description, created.price, created.currency, created.stock],
          ...[created.low_stock_threshold, at, actor.id, actor.name, actor.role],
        ],
        transaction,
      },
    );
    await this.#outbox.append([{ type: 'product.created', value: { ...created, actor } }], transaction);
    return created;
  }

  async #adjust(
    id: string,
    { change, reason }: StockAdjustment,
    precondition: Precondition<Product>,
    actor: Actor,
    transaction: Transaction,
  ): Promise<Product> {
    const before = await this.#locked(id, transaction);
    precondition(before);
    const { stock } = before;
    if (stock + change > mostStock) {
      const errors = [{ path: 'change', message: `would make the stock more than ${mostStock}` }];
      throw new ProblemError('validation_failed', 'See errors for each field.', { errors });
    }
    if (stock + change < 0) {
      throw new ProblemError('insufficient_stock', `Only ${stock} are left.`, {
        items: [{ product_id: id, requested: -change, available: stock }],
      });
    }
    const cause = { kind: 'adjustment' as const, reason: reason ?? null, actor, at: new Date().toISOString() };
    const changes = [{ product_id: id, change, order_id: null }];
    const [product] = await changeStock(this.#database, changes, cause, transaction);
    if (!product) throw new Error(`product ${id} was locked and is gone`);
    await this.#outbox.append([{ type: 'product.stock_changed', value: { ...product, actor } }], transaction);
    return product;
  }

  async #locked(id: string, transaction: Transaction): Promise<Product> {
    const [row] = await this.#database.query<ProductRow>(
      `SELECT ${productColumns} FROM products p WHERE p.id = $1 FOR UPDATE`,
      { bind: [id], type: QueryTypes.SELECT, transaction },
    );
    if (!row) throw noSuchProduct();
    return toProduct(row);
  }
}

const sortType = (column: string) => {
  if (column === 'name') return sortValues.text;
  if (column === 'price') return sortValues.amount;
  return column === 'stock' ? sortValues.number : sortValues.time;
};

const sortValue = (product: Product, column: string): string | number => {
  if (column === 'name') return product.name;
  if (column === 'price') return product.price;
  return column === 'stock' ? product.stock : product.created_at;
};
