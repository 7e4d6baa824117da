import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import type pg from 'pg';
import { afterAll, describe, expect } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let database: pg.Client;
let anybody: Api;
let staff: Api;
let customer: Api;

test.beforeAll(async ({ shop, database: connected }) => {
  ({ anybody, staff, customer } = shop);
  database = connected;
  // More than two batches of an export; every tenth shares its moment with nine others.
  await database.query(
    `INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, version, created_at, updated_at)
     SELECT gen_random_uuid(), 5000 + n, gen_random_uuid(), 'Many', 'delivered', n, 'USD', 1,
       now() - (n / 10) * interval '1 minute', now() FROM generate_series(1, 1300) AS n`,
  );
  const [product] = await staff.products();
  await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }], '=1+1');
  await database.query(
    `INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
     SELECT gen_random_uuid(), o.id, $1, 'Thing', 1, o.total_amount, now(), now() FROM orders o WHERE o.customer_name = 'Many'`,
    [product?.id],
  );
});

afterAll(async () => {
  await database.query("DELETE FROM order_items USING orders o WHERE o.id = order_id AND o.customer_name = 'Many'");
  await database.query("DELETE FROM orders WHERE customer_name = 'Many'");
});

const exported = async (api: Api, query: string): Promise<Order[]> => {
  const { body } = await api.send('GET', `/orders/api/orders/export?format=ndjson${query}`);
  const lines = String(body).split('\n').filter(Boolean);
  return lines.map((line) => order.parse(JSON.parse(line)));
};

describe('an export', () => {
  test('has every order that the list has, once, in its order and with its filters', async () => {
    expect(await exported(staff, '')).toEqual(await staff.orders());
    expect(await exported(staff, '&status=delivered&max_total=700')).toEqual(
      await staff.orders({ status: 'delivered', max_total: 700 }),
    );
  });

  test('has only the orders that are named, and of these only those that the caller may see', async () => {
    const [first, second, third] = await staff.orders();
    const [own] = await customer.orders();
    const ids = [second, first, own].map((one) => one?.id).join();
    const named = [first, second, third, own].filter((one, at, all) => one !== third && all.indexOf(one) === at);
    expect(new Set((await exported(staff, `&ids=${ids}`)).map(({ id }) => id))).toEqual(
      new Set(named.map((one) => one?.id)),
    );
    expect(await exported(customer, `&ids=${ids}`)).toEqual([own]);
    expect(await staff.orders({ ids, status: 'cancelled' })).toEqual([]);
    for (const bad of ['', 'x', Array.from({ length: 201 }, () => crypto.randomUUID()).join()])
      expect(await staff.problem('GET', `/orders/api/orders/export?ids=${bad}`)).toMatchObject({
        status: 422,
        errors: [{ path: expect.stringMatching(/^ids/) as unknown }],
      });
  });

  test('is a CSV file by default, and gives a customer own orders only, without internal columns', async () => {
    const { status, headers, body } = await customer.send('GET', '/orders/api/orders/export');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="orders-[\d-]+\.csv"$/);
    const rows = String(body).trimEnd().split('\r\n');
    expect(rows).toHaveLength(2);
    expect(rows[1]).toContain(",'=1+1,");
    expect(rows[0]).not.toContain('internal');
  });

  test('begins as CSV with a byte order mark where one is asked for', async () => {
    const begin = async (query: string): Promise<number[]> => {
      const headers = { authorization: `Bearer ${customer.session?.access_token}` };
      const answer = await fetch(`${customer.url}/orders/api/orders/export${query}`, { headers });
      return [...new Uint8Array(await answer.arrayBuffer()).subarray(0, 3)];
    };
    const mark = [0xef, 0xbb, 0xbf];
    expect(await begin('?bom=true')).toEqual(mark);
    expect(await begin('')).toEqual([...Buffer.from('num')]);
    expect(await begin('?bom=true&format=ndjson')).not.toEqual(mark);
  });

  test('needs a token and a format that there is', async () => {
    expect(await anybody.problem('GET', '/orders/api/orders/export')).toMatchObject({ status: 401 });
    expect(await staff.problem('GET', '/orders/api/orders/export?format=xlsx')).toMatchObject({
      status: 422,
      errors: [{ path: 'format' }],
    });
  });
});

test('a page of many orders comes compressed, an order that has an ETag and an export as they are', async ({
  shop,
}) => {
  const [first] = await shop.staff.orders({ limit: 200 });
  const encodingOf = async (path: string): Promise<string | null> => {
    const { status, headers } = await shop.staff.send('GET', `/orders/api/orders${path}`);
    expect(status).toBe(200);
    return headers.get('content-encoding');
  };
  expect(await encodingOf('?limit=200')).toBe('gzip');
  expect(await encodingOf(`/${first?.id}`)).toBeNull();
  expect(await encodingOf('/export')).toBeNull();
});
