import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    `CREATE TABLE users (
      id uuid PRIMARY KEY,
      email text NOT NULL UNIQUE CHECK (email = lower(email)),
      password text NOT NULL,
      name text NOT NULL,
      role text NOT NULL CHECK (role IN ('admin', 'staff', 'customer')),
      active boolean NOT NULL DEFAULT true,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX users_newest ON users (created_at DESC, id DESC)',
    `CREATE TABLE sessions (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users,
      secret_hash bytea NOT NULL,
      previous_hash bytea,
      refreshed_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      created_at timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX sessions_of_user ON sessions (user_id)',
    'CREATE INDEX sessions_expiry ON sessions (expires_at)',
    // Rows live for milliseconds, so vacuum looks often and the heap stays small.
    `CREATE TABLE users_outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id uuid NOT NULL,
      type text NOT NULL,
      topic text NOT NULL,
      key text NOT NULL,
      value json NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
