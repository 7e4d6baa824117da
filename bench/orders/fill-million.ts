import pg from 'pg';
import { z } from 'zod';
import {
  type OrderStatus,
  orderStatuses,
  statusCatalogue,
  type UsualStep,
  usualSteps,
} from '../../contracts/src/domain/order-status.ts';

const orderCount = 1_000_000;

/** How long an order waits until it comes into each status, log-normally distributed. */
const waits: Readonly<Record<UsualStep, { median: string; sigma: number }>> = {
  confirmed: { median: '6 minutes', sigma: 0.6 },
  preparing: { median: '8 minutes', sigma: 0.5 },
  shipped: { median: '36 minutes', sigma: 0.6 },
  delivered: { median: '10 hours', sigma: 0.5 },
};
const before = (step: UsualStep): OrderStatus => usualSteps[usualSteps.indexOf(step) - 1] ?? 'pending';

/** For the SELECT of `life`: the columns `…_wait`, an interval for each status, and when the order comes into it. */
const drawnWaits = usualSteps
  .map(
    (status) => `interval '${waits[status].median}' * exp(random_normal(0, ${waits[status].sigma})) AS ${status}_wait`,
  )
  .join(',\n       ');
const times = usualSteps
  .map((status, index) => {
    const passed = usualSteps.slice(0, index + 1).map((one) => `${one}_wait`);
    return `created + ${passed.join(' + ')} AS ${status}`;
  })
  .join(', ');
/** The steps of an order in `life`, of which one is its cancellation when its `stage` says so. */
const lifeSteps = usualSteps
  .map(
    (to, index) =>
      `(${index + 2}, '${before(to)}', CASE WHEN stage = ${index + 1} THEN 'cancelled' ELSE '${to}' END, l.${to})`,
  )
  .join(',\n     ');
const targetMinutes = orderStatuses
  .filter((status) => statusCatalogue[status].targetMinutes !== null)
  .map((status) => `WHEN '${status}' THEN ${statusCatalogue[status].targetMinutes}`)
  .join(' ');

/**
 * A shop's last 30 days: a million orders of 50,000 customers (few buy much), 200 products, 12 members of the team. Most
 * orders are delivered or cancelled, some 3 % are open. `Autumn lantern` sold on the first three days alone, and
 * `Zyxwood harp` forty times. Steps are written in the order of their times, as a shop would.
 */
const fill = [
  "SELECT setseed(0.42), set_config('session_replication_role', 'replica', false), set_config('work_mem', '256MB', false)",
  `INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
   SELECT md5('product' || n)::uuid,
     CASE n WHEN 1 THEN 'Autumn lantern' WHEN 2 THEN 'Zyxwood harp' ELSE
       (ARRAY['Oak', 'Walnut', 'Linen', 'Copper', 'Cast-iron', 'Glass', 'Brass', 'Stoneware', 'Wool', 'Bamboo'])[1 + n % 10] || ' ' ||
       (ARRAY['lamp', 'skillet', 'table', 'bowl', 'blanket', 'kettle', 'clock', 'chair', 'basket', 'tray', 'vase',
         'shelf', 'mirror', 'stool', 'rug', 'jug', 'spoon', 'board', 'frame', 'candle'])[1 + n / 10 % 20] END,
     '', 500 + n * 97 % 20000, 'USD', 1000000, now() - interval '40 days', now() - interval '40 days'
   FROM generate_series(1, 200) n`,
  `CREATE TEMP TABLE life AS
   SELECT n, uuidv7(created - now()) AS id, created, customer, note, 1 + (random() * 3)::int AS quantity, stage,
     CASE WHEN n % 25000 = 0 THEN 2 WHEN n < 100000 AND random() < 0.2 THEN 1 ELSE 3 + (random() ^ 2 * 197)::int END AS first,
     CASE WHEN random() < 0.5 THEN 3 + (random() * 197)::int END AS second,
     ${times}
   FROM (
     SELECT n, date_trunc('milliseconds', now() - interval '30 days' * (1 - n / ${orderCount}.0)) AS created,
       (random() ^ 3 * 50000)::int AS customer, CASE WHEN random() < 0.1 THEN 'Please ring twice' END AS note,
       CASE WHEN random() < 0.08 THEN 1 + (random() * 2)::int ELSE 9 END AS stage,
       ${drawnWaits}
     FROM generate_series(1, ${orderCount}) n
   ) drawn`,
  `CREATE TEMP TABLE step AS
   SELECT l.n, l.id, s.version, s.from_status, s.to_status, s.at
   FROM life l CROSS JOIN LATERAL (VALUES
     (1, NULL, 'pending', l.created),
     ${lifeSteps}
   ) AS s (version, from_status, to_status, at)
   WHERE s.at <= now() AND s.version <= l.stage + 1`,
  `INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, note, version, due_at,
     created_at, updated_at, assigned_to, assigned_name, search)
   SELECT l.id, nextval('orders_number'), md5('customer' || l.customer)::uuid, c.name, last.to_status,
     l.quantity * p.price + coalesce(q.price, 0), 'USD', l.note, last.version,
     last.at + (CASE last.to_status ${targetMinutes} END)
       * interval '1 minute',
     l.created, last.at, a.id, CASE WHEN a.id IS NOT NULL THEN 'Sam Staff' END,
     lower(c.name || ' ' || p.name || coalesce(' ' || q.name, '') || coalesce(' ' || l.note, ''))
   FROM life l
   JOIN (SELECT DISTINCT ON (n) n, version, to_status, at FROM step ORDER BY n, version DESC) last USING (n)
   JOIN products p ON p.id = md5('product' || l.first)::uuid
   LEFT JOIN products q ON q.id = md5('product' || l.second)::uuid
   CROSS JOIN LATERAL (SELECT
     (ARRAY['Ada', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Karla', 'Li', 'Mona', 'Nils', 'Olga', 'Paul',
       'Rosa', 'Sven', 'Tara', 'Ulf', 'Vera', 'Wim'])[1 + l.customer % 22] || ' ' ||
     (ARRAY['Adler', 'Brandt', 'Carlsen', 'Dietz', 'Eriksen', 'Fischer', 'Garcia', 'Hansen', 'Ito', 'Jensen', 'Keller',
       'Lopez', 'Meyer', 'Novak', 'Olsen', 'Petrov', 'Quist', 'Rossi', 'Schmidt', 'Tanaka', 'Ueda', 'Vogel', 'Weber', 'Xu', 'Young', 'Zhao'])[1 + l.customer / 22 % 26] AS name) c
   LEFT JOIN LATERAL (SELECT md5('staff' || l.n % 12)::uuid AS id WHERE l.n % 10 < 6) a ON true
   ORDER BY l.n`,
  `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
   SELECT uuidv7(l.created - now()), l.id, p.id, p.name, i.quantity, p.price, l.created, l.created
   FROM life l CROSS JOIN LATERAL (VALUES (l.first, l.quantity), (l.second, 1)) AS i (product, quantity)
   JOIN products p ON p.id = md5('product' || i.product)::uuid ORDER BY l.n`,
  `INSERT INTO order_status_history (order_id, version, from_status, to_status, reason, actor_name, actor_role, created_at)
   SELECT id, version, from_status, to_status,
     CASE WHEN to_status = 'cancelled' THEN (ARRAY['Ordered twice by mistake', 'Changed their mind', 'Out of stock', NULL])[1 + n % 4] END,
     'Sam Staff', 'staff', at
   FROM step ORDER BY at`,
];

/** Fills an empty database, indexes last: with them in place it would take three times as long. */
export const fillMillion = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
       WHERE indrelid IN ('orders'::regclass, 'order_items'::regclass, 'order_status_history'::regclass) AND NOT indisunique`,
    );
    const indexes = z.array(z.object({ name: z.string(), definition: z.string() })).parse(rows);
    for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
    for (const statement of fill) await client.query(statement);
    await client.query("SET maintenance_work_mem = '512MB'");
    for (const { definition } of indexes) await client.query(definition);
    for (const table of ['orders', 'order_items', 'order_status_history', 'products'])
      await client.query(`VACUUM (ANALYZE) ${table}`);
  } finally {
    await client.end();
  }
};
