import type { Product } from '@live-orders/contracts/products.ts';
import type { Actor } from '@live-orders/contracts/events.ts';
import { readCursor, toPage } from '@live-orders/runtime/cursor.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database.ts';
import type { Outbox } from '@live-orders/runtime/outbox.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import { QueryTypes } from 'sequelize';
import { productColumns, type ProductRow, toProduct } from './models.ts';

/** What the shop sells. */
export class Products {
  readonly #database: Sequelize;
  readonly #outbox: Outbox;

  constructor(database: Sequelize, outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  /** Newest first, `limit` a page. */
  async list({ limit, cursor }: { limit: number; cursor?: string | undefined }) {
    const place = cursor === undefined ? null : readCursor(cursor);
    const rows = await this.#database.query<ProductRow>(
      `SELECT ${productColumns} FROM products ${place ? 'WHERE (created_at, id) < ($2::timestamptz, $3::uuid)' : ''}
       ORDER BY created_at DESC, id DESC LIMIT $1`,
      { bind: [limit + 1, ...(place ?? [])], type: QueryTypes.SELECT },
    );
    return toPage(rows.map(toProduct), limit);
  }

  /** Adds `change` units to the stock. Throws `not_found`, or `insufficient_stock` where less than nothing would be left. */
  async adjust(id: string, change: number, actor: Actor): Promise<Product> {
    const adjusted = await this.#database.transaction(async (transaction) => {
      const [row] = await this.#database.query<{ stock: number }>(
        'SELECT stock FROM products WHERE id = $1 FOR UPDATE',
        {
          bind: [id],
          type: QueryTypes.SELECT,
          transaction,
        },
      );
      if (!row) throw new ProblemError('not_found', 'There is no product with this id.');
      if (row.stock + change < 0) {
        throw new ProblemError('insufficient_stock', `Only ${row.stock} are left.`, {
          items: [{ product_id: id, requested: -change, available: row.stock }],
        });
      }
      const [product] = await changeStock(
        this.#database,
        [{ product_id: id, change }],
        new Date().toISOString(),
        transaction,
      );
      if (!product) throw new Error(`product ${id} was locked and is gone`);
      await this.#outbox.append([{ type: 'product.stock_changed', value: { ...product, actor } }], transaction);
      return product;
    });
    this.#outbox.wake();
    return adjusted;
  }
}

/** How many units leave (negative) or come back (positive), by product. */
export interface StockChange {
  product_id: string;
  change: number;
}

/**
 * Changes the stock of products that the transaction has locked, or locks them now in id order, so that no two
 * transactions ever wait for each other in a ring. Gives the products after the change.
 */
export const changeStock = async (
  database: Sequelize,
  changes: StockChange[],
  at: string,
  transaction: Transaction,
): Promise<Product[]> => {
  const rows = await database.query<ProductRow>(
    `WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS w (product_id, change)),
     locked AS (SELECT id FROM products WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
     UPDATE products p SET stock = p.stock + w.change, version = p.version + 1, updated_at = $3
     FROM wanted w JOIN locked ON locked.id = w.product_id WHERE p.id = w.product_id
     RETURNING ${productColumns
       .split(', ')
       .map((column) => `p.${column}`)
       .join(', ')}`,
    {
      bind: [changes.map((change) => change.product_id), changes.map(({ change }) => change), at],
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  return rows.map(toProduct);
};
