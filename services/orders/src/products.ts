import type { Actor } from '@live-orders/contracts/events.ts';
import type {
  Product,
  ProductChange,
  ProductCreation,
  ProductQuery,
  StockAdjustment,
  StockMovement,
} from '@live-orders/contracts/products.ts';
import { readCursor, readSort, sortValues, toPage } from '@live-orders/runtime/cursor.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox.ts';
import type { Precondition } from '@live-orders/runtime/preconditions.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import { QueryTypes } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { productColumns, type ProductRow, toProduct } from './models.ts';
import { Conditions, contains } from './conditions.ts';
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

  async create(wanted: ProductCreation, actor: Actor): Promise<Product> {
    const { name, description, price, currency, stock, low_stock_threshold } = wanted;
    const at = new Date().toISOString();
    return this.#outbox.transact(async (transaction) => {
      const id = uuidv7();
      await this.#database.query(
        `INSERT INTO products (id, name, description, price, currency, stock, low_stock_threshold, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $7)`,
        { bind: [id, name, description, price, currency, low_stock_threshold, at], transaction },
      );
      // The first stock is a movement like any other, so that movements always add up to the stock.
      const cause = { kind: 'adjustment' as const, reason: 'first stock', actor, at };
      if (stock > 0)
        await changeStock(this.#database, [{ product_id: id, change: stock, order_id: null }], cause, transaction);
      const created = await this.#locked(id, transaction);
      await this.#outbox.append([{ type: 'product.created', value: { ...created, actor } }], transaction);
      return created;
    });
  }

  /** Throws `not_found`, or `version_conflict` as the precondition does. */
  async change(id: string, change: ProductChange, precondition: Precondition, actor: Actor): Promise<Product> {
    return this.#outbox.transact(async (transaction) => {
      const before = await this.#locked(id, transaction);
      precondition(before);
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

  /** Throws `not_found`, or `insufficient_stock` where less than nothing would be left. */
  async adjust(id: string, { change, reason }: StockAdjustment, actor: Actor): Promise<Product> {
    return this.#outbox.transact(async (transaction) => {
      const { stock } = await this.#locked(id, transaction);
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
    });
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
