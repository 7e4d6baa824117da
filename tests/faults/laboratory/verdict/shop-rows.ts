import pg from 'pg';
import { z } from 'zod';

const orderRow = z.object({
  id: z.string(),
  version: z.int(),
  status: z.string(),
  note: z.string().nullable(),
  internal_note: z.string().nullable(),
  customer_id: z.string(),
  number: z.int(),
});
export type OrderRow = z.infer<typeof orderRow>;
const stepRow = z.object({
  order_id: z.string(),
  version: z.int(),
  to_status: z.string(),
  reason: z.string().nullable(),
  created_at: z.date(),
});
export type StepRow = z.infer<typeof stepRow>;
const outboxRow = z.object({ id: z.string(), key: z.string(), event_id: z.string(), type: z.string() });

export interface ShopRows {
  /** Orders that changed since the time asked for. */
  orders: OrderRow[];
  steps: StepRow[];
  outbox: z.infer<typeof outboxRow>[];
}

/** What the database holds, past all faults: a connection of its own, in one snapshot. */
export const readShop = async (databaseUrl: string, since: Date, orderId: string | null = null): Promise<ShopRows> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'laboratory',
    connectionTimeoutMillis: 3_000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const which = '($2::uuid IS NULL OR $2 = ';
    const given = [since, orderId];
    const orders = await client.query(
      `SELECT id, version, status, note, internal_note, customer_id, number FROM orders
       WHERE updated_at >= $1 AND ${which} id)`,
      given,
    );
    const steps = await client.query(
      `SELECT order_id, version, to_status, reason, created_at FROM order_status_history
       WHERE created_at >= $1 AND ${which} order_id) ORDER BY version`,
      given,
    );
    const outbox = await client.query('SELECT id, key, event_id, type FROM orders_outbox ORDER BY id');
    return {
      orders: z.array(orderRow).parse(orders.rows),
      steps: z.array(stepRow).parse(steps.rows),
      outbox: z.array(outboxRow).parse(outbox.rows),
    };
  } finally {
    await client.end();
  }
};
