import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';

/**
 * A step that was taken back stays in the history, and the step that took it back stands behind it with its version in
 * `takes_back`. In the figures such a step is as if it had never been: the one behind it takes away, at the same times, what
 * it has added, and the time in a status goes on as if the order had not left it.
 */
export const up = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  const statements = [
    'ALTER TABLE order_status_history ADD takes_back integer',
    `CREATE UNIQUE INDEX order_status_history_taken_back ON order_status_history (order_id, takes_back)
     WHERE takes_back IS NOT NULL`,
    'DROP VIEW order_facts',
    // `h` is the step that is told of, `s` the one that it speaks of: itself, or the one that it takes back.
    `CREATE VIEW order_facts AS
     SELECT h.xid, f.*, CASE WHEN h.takes_back IS NULL THEN 1 ELSE -1 END AS count
     FROM order_status_history h
     JOIN order_status_history s ON s.order_id = h.order_id AND s.version = coalesce(h.takes_back, h.version)
     JOIN orders o ON o.id = h.order_id
     LEFT JOIN LATERAL (
       SELECT p.created_at FROM order_status_history p
       WHERE p.order_id = s.order_id AND p.version < s.version AND p.takes_back IS NULL AND NOT EXISTS (
         SELECT FROM order_status_history t
         WHERE t.order_id = p.order_id AND t.takes_back = p.version AND t.version < s.version)
       ORDER BY p.version DESC LIMIT 1
     ) before ON s.from_status IS NOT NULL
     CROSS JOIN LATERAL (
       SELECT 'entered' AS measure, s.created_at AS at, s.to_status AS label, 0::smallint AS slot, 0::bigint AS amount
       UNION ALL
       SELECT 'stay', s.created_at, s.from_status, floor(16 * ln(
         1 + greatest(0, extract(epoch FROM s.created_at - before.created_at))::float8) / ln(2::float8))::smallint, 0
       WHERE before.created_at IS NOT NULL
       UNION ALL
       SELECT 'revenue', o.created_at, o.currency, 0,
         CASE WHEN s.to_status = 'cancelled' THEN -o.total_amount ELSE o.total_amount END
       WHERE s.from_status IS NULL OR s.to_status = 'cancelled'
       UNION ALL
       SELECT 'fate', o.created_at, s.to_status, 0, 0 WHERE s.to_status IN ('delivered', 'cancelled')
       UNION ALL
       SELECT 'reason', s.created_at, coalesce(s.reason, ''), 0, 0 WHERE s.to_status = 'cancelled'
     ) f`,
  ];
  for (const statement of statements) await database.query(statement, { transaction });
};
