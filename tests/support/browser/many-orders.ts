import type pg from 'pg';

/** Open orders of one test file alone, which a search for their customer's name shows: number `base + n` is due as the nth, in a day. */
export interface ManyOrders {
  base: number;
  many: number;
  name: string;
}

export const placeMany = async (database: pg.Client, { base, many, name }: ManyOrders): Promise<void> => {
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, search, status, total_amount, currency, note, version, due_at, created_at, updated_at)
     SELECT gen_random_uuid(), $1 + n, '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a11', $2, lower($2), 'preparing', n, 'USD',
       CASE WHEN n % 3 = 0 THEN repeat('Ring twice. ', 1 + n % 20) END, 3, now() + interval '1 day' + n * interval '1 second',
       now() - interval '1 hour', now() - interval '1 hour' FROM generate_series(1, $3::int) AS n`,
    [base, name, many],
  );
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), o.id, (SELECT id FROM products LIMIT 1), 'Bowl ' || i, i, 100, now(), now()
       FROM orders o, generate_series(1, 6) AS i WHERE o.customer_name = $1 AND i <= 1 + o.number % 6`,
    [name],
  );
  await database.query(
    `INSERT INTO order_status_history (order_id, version, to_status, actor_name, actor_role, created_at)
     SELECT id, 1, 'pending', customer_name, 'customer', created_at FROM orders WHERE customer_name = $1`,
    [name],
  );
};

/** Not what the customer has placed besides, of which there are events: the database holds whatever the topics tell of. */
export const removeMany = async (database: pg.Client, { base, many }: ManyOrders): Promise<void> => {
  const ours = 'SELECT id FROM orders WHERE number > $1 AND number <= $1 + $2::int';
  for (const table of ['order_status_history', 'order_items'])
    await database.query(`DELETE FROM ${table} WHERE order_id IN (${ours})`, [base, many]);
  await database.query(`DELETE FROM orders WHERE id IN (${ours})`, [base, many]);
};
