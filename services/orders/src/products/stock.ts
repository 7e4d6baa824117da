import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import type { StockMovement } from '@live-orders/contracts/rest/products.ts';
import type { Transaction } from '@live-orders/runtime/database/database.ts';
import { selectPrepared } from '@live-orders/runtime/database/prepared.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { z } from 'zod';
import { actorBind } from '../database/insert.ts';
import { productColumns, productRow } from './rows.ts';

/** How many units of a product leave the stock (negative) or come into it (positive), and for which order. */
export interface StockChange {
  product_id: string;
  change: number;
  order_id: string | null;
}

/** Why the stock changes, by whom and when (RFC 3339). */
export interface StockCause {
  kind: StockMovement['kind'];
  reason: string | null;
  actor: Actor;
  at: string;
}

/** A product of which less is left than is asked for. */
export interface Shortage {
  product_id: string;
  name: string;
  requested: number;
  available: number;
}

/** `errors` name the fields that ask for too much, where a request has such fields. */
export const insufficientStock = (short: Shortage[], errors?: { path: string; message: string }[]): ProblemError =>
  new ProblemError(
    'insufficient_stock',
    short.map(({ name, requested, available }) => `${name}: ${requested} asked for, ${available} left`).join('; '),
    {
      items: short.map(({ product_id, requested, available }) => ({ product_id, requested, available })),
      ...(errors && { errors }),
    },
  );

/** Locks products in id order; gives how many units of each are left. */
export const lockStock = async (ids: string[], transaction: Transaction): Promise<Map<string, number>> => {
  const sql = 'SELECT p.id, p.stock FROM products p WHERE p.id = ANY($ids::uuid[]) ORDER BY p.id FOR UPDATE';
  const rows = await selectPrepared(transaction, z.object({ id: z.string(), stock: z.number() }), sql, { ids });
  return new Map(rows.map(({ id, stock }) => [id, stock]));
};

/**
 * Changes the stock and records each movement, in one round trip. Products are locked in id order first, so that no two
 * transactions ever wait for each other in a ring. Gives the products after the change.
 */
export const changeStock = async (
  changes: StockChange[],
  { kind, reason, actor, at }: StockCause,
  transaction: Transaction,
): Promise<Product[]> =>
  selectPrepared(
    transaction,
    productRow,
    `WITH wanted AS (
       SELECT * FROM unnest($products::uuid[], $changes::int[], $orders::uuid[]) AS w (product_id, change, order_id)
     ), locked AS (
       SELECT id FROM products WHERE id = ANY($products::uuid[]) ORDER BY id FOR UPDATE
     ), sums AS (
       SELECT product_id, sum(change)::int AS change FROM wanted GROUP BY product_id
     ), moved AS (
       INSERT INTO stock_movements
         (product_id, change, kind, order_id, reason, actor_id, actor_name, actor_role, created_at)
       SELECT product_id, change, $kind, order_id, $reason, $actor_id, $actor_name, $actor_role, $at FROM wanted
     )
     UPDATE products p SET stock = p.stock + s.change, version = p.version + 1, updated_at = $at
     FROM sums s JOIN locked l ON l.id = s.product_id WHERE p.id = s.product_id
     RETURNING ${productColumns}`,
    {
      products: changes.map((change) => change.product_id),
      changes: changes.map(({ change }) => change),
      orders: changes.map((change) => change.order_id),
      ...{ kind, reason, at, ...actorBind(actor) },
    },
  );
