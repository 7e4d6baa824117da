import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

const status = "CHECK (status IN ('pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled'))";

const statements = [
  `CREATE TABLE products (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    currency char(3) NOT NULL,
    stock integer NOT NULL CHECK (stock >= 0),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL
  ) WITH (fillfactor = 70)`,
  'CREATE INDEX products_newest ON products (created_at DESC, id DESC)',
  'CREATE SEQUENCE orders_number AS integer START 1001',
  `CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number integer NOT NULL UNIQUE,
    customer_id uuid NOT NULL,
    customer_name text NOT NULL,
    status text NOT NULL ${status},
    total_amount bigint NOT NULL CHECK (total_amount >= 0),
    currency char(3) NOT NULL,
    note text,
    version integer NOT NULL,
    due_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL
  )`,
  'CREATE INDEX orders_newest ON orders (created_at DESC, id DESC)',
  'CREATE INDEX orders_by_status ON orders (status, created_at DESC, id DESC)',
  'CREATE INDEX orders_by_customer ON orders (customer_id, created_at DESC, id DESC)',
  `CREATE TABLE order_items (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    product_id uuid NOT NULL REFERENCES products,
    name text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    price bigint NOT NULL CHECK (price >= 0),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL
  )`,
  'CREATE INDEX order_items_of_order ON order_items (order_id)',
  `CREATE TABLE order_status_history (
    order_id uuid NOT NULL REFERENCES orders,
    version integer NOT NULL,
    from_status text,
    to_status text NOT NULL,
    reason text,
    actor_id uuid,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (order_id, version)
  )`,
  // Rows live for milliseconds, so vacuum looks often and the heap stays small.
  `CREATE TABLE orders_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
];

export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  for (const statement of statements) await database.query(statement, { transaction });
};
