import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    'CREATE EXTENSION IF NOT EXISTS pg_trgm',
    `ALTER TABLE products
       ADD low_stock_threshold integer NOT NULL DEFAULT 10 CHECK (low_stock_threshold >= 0),
       ADD archived boolean NOT NULL DEFAULT false`,
    'CREATE INDEX products_by_name ON products USING gin (name gin_trgm_ops)',
    `CREATE TABLE stock_movements (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products,
      change integer NOT NULL CHECK (change <> 0),
      kind text NOT NULL CHECK (kind IN ('order', 'cancellation', 'adjustment')),
      order_id uuid REFERENCES orders DEFERRABLE INITIALLY DEFERRED,
      reason text,
      actor_id uuid,
      actor_name text NOT NULL,
      actor_role text NOT NULL,
      created_at timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX stock_movements_of_product ON stock_movements (product_id, id DESC)',
    `ALTER TABLE orders
       ADD assigned_to uuid,
       ADD assigned_name text,
       ADD internal_note text,
       ADD search text NOT NULL DEFAULT ''`,
    `UPDATE orders o SET search = lower(o.customer_name || ' ' ||
       coalesce((SELECT string_agg(i.name, ' ' ORDER BY i.id) FROM order_items i WHERE i.order_id = o.id), ''))`,
    // One for each sort, and for each filter that leaves few rows; the rest is filtered while walking one of these.
    // Searches are planned by it: with the usual 100, a word of 2 % of the orders may count as 3 % or as none.
    'ALTER TABLE orders ALTER search SET STATISTICS 500',
    'CREATE INDEX orders_by_search ON orders USING gin (search gin_trgm_ops)',
    'CREATE INDEX orders_by_update ON orders (updated_at DESC, id DESC)',
    'CREATE INDEX orders_by_total ON orders (total_amount DESC, id DESC)',
    'CREATE INDEX orders_by_due ON orders (due_at, id) INCLUDE (status) WHERE due_at IS NOT NULL',
    'CREATE INDEX orders_by_assignee ON orders (assigned_to, created_at DESC, id DESC)',
    `CREATE TABLE idempotency_keys (
      user_id uuid NOT NULL,
      key text NOT NULL,
      fingerprint bytea NOT NULL,
      status smallint,
      body json,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (user_id, key)
    )`,
    'CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)',
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
