import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/**
 * Figures of the order history, summed up by time. Steps are told apart by the transaction that wrote them: those
 * below the mark are in `order_figures`, the others are read from the history itself, so that a sum of both is exact
 * however late a transaction commits, and whatever time its steps have.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    // A constant first: it needs no rewrite of the table, and lets the first round sum up what is there already.
    "ALTER TABLE order_status_history ADD xid xid8 NOT NULL DEFAULT '0'",
    'ALTER TABLE order_status_history ALTER xid SET DEFAULT pg_current_xact_id()',
    'CREATE INDEX order_status_history_by_xid ON order_status_history (xid)',
    `CREATE TABLE order_figures (
      grain text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'ever')),
      measure text NOT NULL,
      at timestamptz NOT NULL,
      label text NOT NULL,
      slot smallint NOT NULL,
      count bigint NOT NULL,
      amount bigint NOT NULL,
      PRIMARY KEY (grain, measure, at, label, slot)
    ) WITH (fillfactor = 70)`,
    // One row; who sums up locks it.
    'CREATE TABLE order_figures_mark (xid xid8 NOT NULL)',
    "INSERT INTO order_figures_mark VALUES ('0')",
    // What each step adds to which figure. `fate` and `revenue` belong to the time at which the order was placed. Times in
    // a status (`stay`) are counted in slots, 16 to a doubling, which stats/duration-histogram.ts reads.
    `CREATE VIEW order_facts AS
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
     ) f`,
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
