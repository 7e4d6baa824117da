-- The orders service's tables as release 0.1 (commit 8d73608) made them: the statements of its migrations, as PostgreSQL
-- got them. Frozen: it never changes.
CREATE TABLE IF NOT EXISTS "orders_migrations" ("name" VARCHAR(255) NOT NULL UNIQUE , PRIMARY KEY ("name"));
CREATE TABLE products (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      description text NOT NULL,
      price bigint NOT NULL CHECK (price >= 0),
      currency char(3) NOT NULL,
      stock integer NOT NULL CHECK (stock >= 0),
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL
    ) WITH (fillfactor = 70);
CREATE INDEX products_newest ON products (created_at DESC, id DESC);
CREATE SEQUENCE orders_number AS integer START 1001;
CREATE TABLE orders (
      id uuid PRIMARY KEY,
      number integer NOT NULL UNIQUE,
      customer_id uuid NOT NULL,
      customer_name text NOT NULL,
      status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled')),
      total_amount bigint NOT NULL CHECK (total_amount >= 0),
      currency char(3) NOT NULL,
      note text,
      version integer NOT NULL,
      due_at timestamptz(3),
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL
    );
CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
CREATE INDEX orders_by_status ON orders (status, created_at DESC, id DESC);
CREATE INDEX orders_by_customer ON orders (customer_id, created_at DESC, id DESC);
CREATE TABLE order_items (
      id uuid PRIMARY KEY,
      order_id uuid NOT NULL REFERENCES orders,
      product_id uuid NOT NULL REFERENCES products,
      name text NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      price bigint NOT NULL CHECK (price >= 0),
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL
    );
CREATE INDEX order_items_of_order ON order_items (order_id);
CREATE TABLE order_status_history (
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
    );
CREATE TABLE orders_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO "orders_migrations" ("name") VALUES ('0001-orders.ts');
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE products
       ADD low_stock_threshold integer NOT NULL DEFAULT 10 CHECK (low_stock_threshold >= 0),
       ADD archived boolean NOT NULL DEFAULT false;
CREATE INDEX products_by_name ON products USING gin (name gin_trgm_ops);
CREATE TABLE stock_movements (
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
    );
CREATE INDEX stock_movements_of_product ON stock_movements (product_id, id DESC);
ALTER TABLE orders
       ADD assigned_to uuid,
       ADD assigned_name text,
       ADD internal_note text,
       ADD search text NOT NULL DEFAULT '';
UPDATE orders o SET search = lower(o.customer_name || ' ' ||
       coalesce((SELECT string_agg(i.name, ' ' ORDER BY i.id) FROM order_items i WHERE i.order_id = o.id), ''));
ALTER TABLE orders ALTER search SET STATISTICS 500;
CREATE INDEX orders_by_search ON orders USING gin (search gin_trgm_ops);
CREATE INDEX orders_by_update ON orders (updated_at DESC, id DESC);
CREATE INDEX orders_by_total ON orders (total_amount DESC, id DESC);
CREATE INDEX orders_by_due ON orders (due_at, id) INCLUDE (status) WHERE due_at IS NOT NULL;
CREATE INDEX orders_by_assignee ON orders (assigned_to, created_at DESC, id DESC);
CREATE TABLE idempotency_keys (
      user_id uuid NOT NULL,
      key text NOT NULL,
      fingerprint bytea NOT NULL,
      status smallint,
      body json,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (user_id, key)
    );
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
INSERT INTO "orders_migrations" ("name") VALUES ('0002-domain.ts');
ALTER TABLE order_status_history ADD xid xid8 NOT NULL DEFAULT '0';
ALTER TABLE order_status_history ALTER xid SET DEFAULT pg_current_xact_id();
CREATE INDEX order_status_history_by_xid ON order_status_history (xid);
CREATE TABLE order_figures (
      grain text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'ever')),
      measure text NOT NULL,
      at timestamptz NOT NULL,
      label text NOT NULL,
      slot smallint NOT NULL,
      count bigint NOT NULL,
      amount bigint NOT NULL,
      PRIMARY KEY (grain, measure, at, label, slot)
    ) WITH (fillfactor = 70);
CREATE TABLE order_figures_mark (xid xid8 NOT NULL);
INSERT INTO order_figures_mark VALUES ('0');
CREATE VIEW order_facts AS
     SELECT h.xid, f.*
     FROM order_status_history h
     JOIN orders o ON o.id = h.order_id
     LEFT JOIN LATERAL (
       SELECT p.created_at FROM order_status_history p
       WHERE p.order_id = h.order_id AND p.version < h.version ORDER BY p.version DESC LIMIT 1
     ) before ON h.from_status IS NOT NULL
     CROSS JOIN LATERAL (
       SELECT 'entered' AS measure, h.created_at AS at, h.to_status AS label, 0::smallint AS slot, 0::bigint AS amount
       UNION ALL
       SELECT 'stay', h.created_at, h.from_status, floor(16 * ln(
         1 + greatest(0, extract(epoch FROM h.created_at - before.created_at))::float8) / ln(2::float8))::smallint, 0
       WHERE before.created_at IS NOT NULL
       UNION ALL
       SELECT 'revenue', o.created_at, o.currency, 0,
         CASE WHEN h.to_status = 'cancelled' THEN -o.total_amount ELSE o.total_amount END
       WHERE h.from_status IS NULL OR h.to_status = 'cancelled'
       UNION ALL
       SELECT 'fate', o.created_at, h.to_status, 0, 0 WHERE h.to_status IN ('delivered', 'cancelled')
       UNION ALL
       SELECT 'reason', h.created_at, coalesce(h.reason, ''), 0, 0 WHERE h.to_status = 'cancelled'
     ) f;
INSERT INTO "orders_migrations" ("name") VALUES ('0003-insight.ts');
CREATE TABLE orders_outbox_dead (
    LIKE orders_outbox,
    reason text NOT NULL,
    set_aside_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id)
  );
INSERT INTO "orders_migrations" ("name") VALUES ('0004-dead-events.ts');

-- One row in each table, so that a migration which only works on empty tables fails.
INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
VALUES ('01920000-0000-7000-8000-000000000001', 'Linen apron', '', 3600, 'USD', 109, now(), now());
INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, version, created_at, updated_at)
VALUES ('01920000-0000-7000-8000-000000000002', nextval('orders_number'), '01920000-0000-7000-8000-000000000003',
  'Ada Adler', 'pending', 3600, 'USD', 1, now(), now());
INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
VALUES ('01920000-0000-7000-8000-000000000004', '01920000-0000-7000-8000-000000000002',
  '01920000-0000-7000-8000-000000000001', 'Linen apron', 1, 3600, now(), now());
INSERT INTO order_status_history (order_id, version, to_status, actor_name, actor_role, created_at)
VALUES ('01920000-0000-7000-8000-000000000002', 1, 'pending', 'Ada Adler', 'customer', now());
INSERT INTO stock_movements (product_id, change, kind, order_id, actor_name, actor_role, created_at)
VALUES ('01920000-0000-7000-8000-000000000001', -1, 'order', '01920000-0000-7000-8000-000000000002', 'Ada Adler',
  'customer', now());
INSERT INTO idempotency_keys (user_id, key, fingerprint, status, body)
VALUES ('01920000-0000-7000-8000-000000000003', 'key', '\x00', 200, '{}');
INSERT INTO order_figures VALUES ('day', 'entered', date_trunc('day', now(), 'UTC'), 'pending', 0, 1, 0);
INSERT INTO orders_outbox (event_id, type, topic, key, value)
VALUES (gen_random_uuid(), 'order.created', 'orders.v1', '01920000-0000-7000-8000-000000000002', '{}');
INSERT INTO orders_outbox_dead SELECT id, event_id, type, topic, key, value, created_at, 'refused' FROM orders_outbox;
