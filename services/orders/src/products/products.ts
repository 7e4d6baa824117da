import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import { product as productSchema, type Product } from '@live-orders/contracts/domain/products.ts';
import { searchText } from '@live-orders/contracts/domain/search-text.ts';
import type {
  ProductChange,
  ProductCreation,
  ProductQuery,
  StockAdjustment,
} from '@live-orders/contracts/rest/products.ts';
import { readCursor, readSort, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { isSame, type Precondition } from '@live-orders/runtime/http/preconditions.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { v7 as uuidv7 } from 'uuid';
import { type Answer, type IdempotencyKey, once } from '../database/idempotency.ts';
import { Conditions, contains } from '../database/conditions.ts';
import { actorBind } from '../database/insert.ts';
import { movementColumns, movementRow, productColumns, productRow, productValues } from './rows.ts';
import { changeStock } from './stock.ts';

/** Far below the end of PostgreSQL's `integer`, so that units which cancellations bring back still fit. */
const mostStock = 1_000_000_000;

const noSuchProduct = (): ProblemError => new ProblemError('not_found', 'There is no product with this id.');

interface ChangeOptions {
  /** Checks the product as it is before the change. */
  precondition: Precondition<Product>;
}

interface KeyOptions {
  key: IdempotencyKey | null;
}

/** What the shop sells. Every change is one transaction with its event. */
export class Products {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;

  constructor({ database, outbox }: { database: Sequelize; outbox: Outbox }) {
    this.#database = database;
    this.#outbox = outbox;
  }

  async list(query: ProductQuery) {
    const { column, descending } = readSort(query.sort);
    const where = new Conditions();
    where.add((value) => `p.archived = ${value}`, query.archived);
    if (query.q) where.add((pattern) => `p.search LIKE ${pattern}`, contains(searchText(query.q)));
    if (query.low_stock !== undefined) {
      where.add((wanted) => `(p.stock <= p.low_stock_threshold) = ${wanted}`, query.low_stock);
    }
    if (query.cursor) {
      where.after(`p.${column}`, 'p.id', descending, readCursor(query.cursor, query.sort, sortType(column)));
    }
    const direction = descending ? 'DESC' : 'ASC';
    const rows = await select(
      this.#database,
      productRow,
      `SELECT ${productColumns} FROM products p ${where.sql}
       ORDER BY p.${column} ${direction}, p.id ${direction} LIMIT ${query.limit + 1}`,
      where.bind,
    );
    return toPage(rows, query.limit, query.sort, (product) => sortValue(product, column));
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Product> {
    const sql = `SELECT ${productColumns} FROM products p WHERE p.id = $id`;
    const [found] = await select(this.#database, productRow, sql, { id });
    if (!found) throw noSuchProduct();
    return found;
  }

  /** With a key, throws what `once` throws. */
  create(wanted: ProductCreation, actor: Actor, { key }: KeyOptions): Promise<Answer<Product>> {
    return this.#outbox.transact((transaction) =>
      once(key, productSchema, transaction, () => this.#create(wanted, actor, transaction)),
    );
  }

  /** A change that leaves everything as it is makes no new version. Throws `not_found`, and what the precondition throws. */
  async change(id: string, change: ProductChange, actor: Actor, { precondition }: ChangeOptions): Promise<Product> {
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
        `UPDATE products SET name = $name, search = $search, description = $description, price = $price,
           low_stock_threshold = $low_stock_threshold, archived = $archived, version = $version, updated_at = $updated_at
         WHERE id = $id`,
        { bind: { ...after, search: searchText(after.name) }, transaction },
      );
      await this.#outbox.append([{ type: 'product.updated', value: { ...after, actor } }], transaction);
      return after;
    });
  }

  /**
   * Adds units to the stock or takes some away. Throws `not_found`, what the precondition throws, `insufficient_stock` where
   * less than nothing would be left, and with a key what `once` throws.
   */
  adjust(
    id: string,
    adjustment: StockAdjustment,
    actor: Actor,
    { precondition, key }: ChangeOptions & KeyOptions,
  ): Promise<Answer<Product>> {
    return this.#outbox.transact((transaction) =>
      once(key, productSchema, transaction, () => this.#adjust(id, adjustment, actor, { precondition }, transaction)),
    );
  }

  /** The movements of a product's stock, newest first; `before` is the id of the last one seen. */
  async movements(id: string, limit: number, before: number | null) {
    await this.get(id);
    const rows = await select(
      this.#database,
      movementRow,
      `SELECT ${movementColumns} FROM stock_movements m
       WHERE m.product_id = $id AND ($before::bigint IS NULL OR m.id < $before) ORDER BY m.id DESC LIMIT $most`,
      { id, before, most: limit + 1 },
    );
    const data = rows.slice(0, limit);
    return { data, next_cursor: rows.length > limit ? String(data.at(-1)?.id ?? '') : null };
  }

  async #create(wanted: ProductCreation, actor: Actor, transaction: Transaction): Promise<Product> {
    const at = new Date().toISOString();
    const created: Product = { id: uuidv7(), ...wanted, archived: false, version: 1, created_at: at, updated_at: at };
    // The first stock is a movement like any other, so that movements always add up to the stock.
    await this.#database.query(
      `WITH created AS (
         INSERT INTO products ${productValues}
       )
       INSERT INTO stock_movements (product_id, change, kind, reason, actor_id, actor_name, actor_role, created_at)
       SELECT $id, $stock, 'adjustment', 'first stock', $actor_id, $actor_name, $actor_role, $created_at WHERE $stock > 0`,
      { bind: { ...created, search: searchText(created.name), ...actorBind(actor) }, transaction },
    );
    await this.#outbox.append([{ type: 'product.created', value: { ...created, actor } }], transaction);
    return created;
  }

  async #adjust(
    id: string,
    { change, reason }: StockAdjustment,
    actor: Actor,
    { precondition }: ChangeOptions,
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
    const [product] = await changeStock(changes, cause, transaction);
    if (!product) throw new Error(`adjusting the stock: product ${id} was locked and is gone`);
    await this.#outbox.append([{ type: 'product.stock_changed', value: { ...product, actor } }], transaction);
    return product;
  }

  async #locked(id: string, transaction: Transaction): Promise<Product> {
    const sql = `SELECT ${productColumns} FROM products p WHERE p.id = $id FOR UPDATE`;
    const [found] = await select(this.#database, productRow, sql, { id }, transaction);
    if (!found) throw noSuchProduct();
    return found;
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
