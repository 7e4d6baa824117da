-- The users service's tables as release 0.1 (commit 8d73608) made them: the statements of its migrations, as PostgreSQL
-- got them. Frozen: it never changes.
CREATE TABLE IF NOT EXISTS "users_migrations" ("name" VARCHAR(255) NOT NULL UNIQUE , PRIMARY KEY ("name"));
CREATE TABLE users (
      id uuid PRIMARY KEY,
      email text NOT NULL UNIQUE CHECK (email = lower(email)),
      password text NOT NULL,
      name text NOT NULL,
      role text NOT NULL CHECK (role IN ('admin', 'staff', 'customer')),
      active boolean NOT NULL DEFAULT true,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL
    );
CREATE INDEX users_newest ON users (created_at DESC, id DESC);
CREATE TABLE sessions (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users,
      secret_hash bytea NOT NULL,
      previous_hash bytea,
      refreshed_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      created_at timestamptz(3) NOT NULL
    );
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE TABLE users_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO "users_migrations" ("name") VALUES ('0001-users.ts');
CREATE TABLE users_outbox_dead (
    LIKE users_outbox,
    reason text NOT NULL,
    set_aside_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id)
  );
INSERT INTO "users_migrations" ("name") VALUES ('0002-dead-events.ts');

-- One row in each table, so that a migration which only works on empty tables fails.
INSERT INTO users (id, email, password, name, role, created_at, updated_at)
VALUES ('01920000-0000-7000-8000-000000000001', 'ada@example.com', 'hash', 'Ada Adler', 'customer', now(), now());
INSERT INTO sessions (id, user_id, secret_hash, refreshed_at, expires_at, created_at)
VALUES ('01920000-0000-7000-8000-000000000002', '01920000-0000-7000-8000-000000000001', '\x00', now(), now(), now());
INSERT INTO users_outbox (event_id, type, topic, key, value)
VALUES (gen_random_uuid(), 'user.created', 'users.v1', '01920000-0000-7000-8000-000000000001', '{}');
INSERT INTO users_outbox_dead SELECT id, event_id, type, topic, key, value, created_at, 'refused' FROM users_outbox;
