import { steps } from '@live-orders/contracts/domain/order-status.ts';
import pg from 'pg';

const stepList = steps.map(({ from, to }) => `('${from}', '${to}')`).join(', ');

const orderEvents = `SELECT key, id, type, (value->>'version')::int AS version, value->>'status' AS status,
  value->>'previous_status' AS previous FROM orders_outbox WHERE topic = 'orders.v1'`;

/** What must never be found, whatever happened: each query gives the rows that break one rule of the shop. */
const rules: Record<string, string> = {
  'stock is never negative': 'SELECT name, stock FROM products WHERE stock < 0',
  'movements add up to the stock': `SELECT p.name, p.stock, sum(m.change) FROM products p
    LEFT JOIN stock_movements m ON m.product_id = p.id GROUP BY p.id HAVING p.stock <> coalesce(sum(m.change), 0)`,
  'stock and open lines are what came in by adjustments': `SELECT p.name, p.stock, sold.units, came.units FROM products p
    LEFT JOIN LATERAL (SELECT coalesce(sum(i.quantity), 0) AS units FROM order_items i JOIN orders o ON o.id = i.order_id
      WHERE i.product_id = p.id AND o.status <> 'cancelled') sold ON true
    LEFT JOIN LATERAL (SELECT coalesce(sum(m.change), 0) AS units FROM stock_movements m
      WHERE m.product_id = p.id AND m.kind = 'adjustment') came ON true
    WHERE p.stock + sold.units <> came.units`,
  'each line was taken from the stock, and put back and taken again with each cancellation and its undoing': `
    SELECT o.number, i.name FROM order_items i JOIN orders o ON o.id = i.order_id
    LEFT JOIN stock_movements m ON m.order_id = o.id AND m.product_id = i.product_id
    GROUP BY o.id, i.id HAVING (o.status = 'cancelled') <> (count(m.id) % 2 = 0)
      OR count(m.id) FILTER (WHERE m.change > 0) <> (SELECT count(*) FROM order_status_history h
        WHERE h.order_id = o.id AND h.to_status = 'cancelled')
      OR array_agg(m.kind || m.change ORDER BY m.id) <> ARRAY(
        SELECT CASE WHEN n % 2 = 1 THEN 'order' || -i.quantity ELSE 'cancellation' || i.quantity END
        FROM generate_series(1, count(m.id)) n ORDER BY n)`,
  'the total is the sum of the lines': `SELECT o.number FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
    GROUP BY o.id HAVING o.total_amount <> coalesce(sum(i.price * i.quantity), -1)`,
  'history begins with pending and ends with the status': `SELECT o.number, o.status, array_agg(h.to_status) FROM orders o
    LEFT JOIN order_status_history h ON h.order_id = o.id GROUP BY o.id
    HAVING (array_agg(h.to_status ORDER BY h.version))[1] IS DISTINCT FROM 'pending' OR min(h.version) <> 1
      OR (array_agg(h.to_status ORDER BY h.version DESC))[1] <> o.status OR max(h.version) > o.version`,
  'each step leads on from the one before, by the table': `SELECT * FROM (
      SELECT h.*, lag(h.to_status) OVER (PARTITION BY h.order_id ORDER BY h.version) AS before FROM order_status_history h
    ) s WHERE s.from_status IS DISTINCT FROM s.before
      OR (s.from_status IS NOT NULL AND s.takes_back IS NULL AND (s.from_status, s.to_status) NOT IN (VALUES ${stepList}))`,
  'a step that takes one back leads the same way back, once': `SELECT u.* FROM order_status_history u
    LEFT JOIN order_status_history s ON s.order_id = u.order_id AND s.version = u.takes_back
    WHERE u.takes_back IS NOT NULL AND (s.version IS NULL OR s.version >= u.version OR s.takes_back IS NOT NULL
      OR (s.from_status, s.to_status) IS DISTINCT FROM (u.to_status, u.from_status))`,
  'an idempotency key is kept with its answer': `SELECT user_id, key FROM idempotency_keys k WHERE body IS NULL
    OR (body->>'id' IS NOT NULL AND NOT EXISTS (SELECT FROM orders o WHERE o.id = (k.body->>'id')::uuid))`,
  'no two keys made the same order': `SELECT body->>'id' FROM idempotency_keys WHERE body->>'version' = '1'
    GROUP BY 1 HAVING count(*) > 1`,
};

/** As long as nothing relays the outbox, it holds every event there ever was. */
const outboxRules: Record<string, string> = {
  'events of an order carry its versions, whole and in order': `SELECT o.number, o.version, array_agg(e.version ORDER BY e.id)
    FROM orders o LEFT JOIN (${orderEvents}) e ON e.key = o.id::text GROUP BY o.id
    HAVING array_agg(e.version ORDER BY e.id) IS DISTINCT FROM ARRAY(SELECT generate_series(1, o.version))`,
  'there is no event of an order that does not exist': `SELECT e.key FROM (${orderEvents}) e
    WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id::text = e.key)`,
  'steps and the events of steps are the same': `SELECT * FROM order_status_history h
    FULL JOIN (SELECT * FROM (${orderEvents}) x WHERE type <> 'order.updated') e
      ON e.key = h.order_id::text AND e.version = h.version
    WHERE h.order_id IS NULL OR e.key IS NULL OR e.status <> h.to_status OR e.previous IS DISTINCT FROM h.from_status
      OR e.type <> CASE WHEN h.from_status IS NULL THEN 'order.created' ELSE 'order.status_changed' END`,
  'events of a product carry its versions in order, and end with its stock': `SELECT p.name FROM products p LEFT JOIN (
      SELECT key, id, (value->>'version')::int AS version, (value->>'stock')::int AS stock FROM orders_outbox
      WHERE topic = 'products.v1') e ON e.key = p.id::text
    GROUP BY p.id HAVING array_agg(e.version ORDER BY e.id)
      IS DISTINCT FROM ARRAY(SELECT generate_series(min(e.version), p.version))
      OR (array_agg(e.stock ORDER BY e.id DESC))[1] <> p.stock`,
};

/** The rules that the database breaks, each with the rows that do; empty for a sound shop. */
export const auditShop = async (databaseUrl: string, { relayed = false } = {}): Promise<Record<string, unknown[]>> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'audit' });
  await client.connect();
  try {
    // One snapshot for all rules.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const broken: Record<string, unknown[]> = {};
    for (const [rule, sql] of Object.entries({ ...rules, ...(relayed ? {} : outboxRules) })) {
      const found: pg.QueryResult<object> = await client.query(sql);
      if (found.rows.length > 0) broken[rule] = found.rows.slice(0, 5);
    }
    return broken;
  } finally {
    await client.end();
  }
};
