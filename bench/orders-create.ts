import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { Pool } from 'undici';
import { v7 as uuidv7 } from 'uuid';
import type { Order } from '../contracts/src/domain/orders.ts';
import { orderQuery } from '../contracts/src/rest/orders.ts';
import { Daemon } from '../deploy/local/process/daemon.ts';
import { freePort } from '../deploy/local/process/ports.ts';
import { httpAnswers } from '../deploy/local/parts/http-probe.ts';
import { noLimits } from '../services/orders/src/orders/allowance.ts';
import { defaultTargets, targetsSetting } from '../services/orders/src/orders/due-times.ts';
import { Orders } from '../services/orders/src/orders/orders.ts';
import { Outbox } from '../services/runtime/src/outbox/outbox.ts';
import { Signer } from '../services/users/src/tokens.ts';
import { recordStatements, type Statement } from './plans.ts';
import { compare, type Work } from './rounds.ts';
import { type Throwaway, withThrowaway } from './throwaway.ts';

/** What the orders service costs beside PostgreSQL: its rates by HTTP, and those of the same statements sent by a bare pg pool. */
const connections = 10;
const secret = randomUUID();
const user = (role: 'customer' | 'staff') => ({
  id: randomUUID(),
  email: `${role}@example.com`,
  name: 'Ada Adler',
  role,
  created_at: new Date().toISOString(),
});
const customer = user('customer');

const line = (product: string, quantity = 1) => ({ product_id: product, quantity });
type Wanted = { items: ReturnType<typeof line>[] };

/** A hundred orders of one to three lines, of 200 products. */
const makeShop = async (pool: pg.Pool): Promise<Wanted[]> => {
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
     SELECT uuidv7(), 'Product ' || n, '', 500 + n, 'USD', 1000000, now(), now() FROM generate_series(1, 200) n RETURNING id`,
  );
  const ids = rows.map(({ id }) => id);
  return Array.from({ length: 100 }, (_, n) => ({
    items: [n, n * 7 + 100, n * 3 + 50].slice(0, 1 + (n % 3)).map((at) => line(ids[at % ids.length] ?? '')),
  })).map(({ items }) => ({ items: [...new Map(items.map((item) => [item.product_id, item])).values()] }));
};

interface Template {
  order: Order;
  statements: Statement[];
}

const recordCreates = async ({ database }: Throwaway, orders: Orders, wanted: Wanted[]): Promise<Template[]> => {
  const { id, name, role } = customer;
  const templates: Template[] = [];
  for (const one of wanted) {
    let placed: Order | undefined;
    const statements = await recordStatements(database, async () => {
      placed = (await orders.create(one, { id, name, role }, { key: null })).body;
    });
    if (placed)
      templates.push({ order: placed, statements: statements.filter(({ sql }) => !sql.startsWith('NOTIFY')) });
  }
  return templates;
};

const substitute = (value: unknown, fresh: Map<unknown, unknown>): unknown =>
  Array.isArray(value) ? value.map((one) => substitute(one, fresh)) : fresh.has(value) ? fresh.get(value) : value;

/** Sends the recorded statements of one create again, with new ids and the number that the database gives. */
const replay =
  (pool: pg.Pool, templates: Template[]): Work =>
  async (index) => {
    const template = templates[index % templates.length];
    if (!template) throw new Error('nothing was recorded');
    const { order, statements } = template;
    const fresh = new Map<unknown, unknown>([order, ...order.items].map(({ id }) => [id, uuidv7()]));
    const client = await pool.connect();
    try {
      for (const { sql, bind } of statements) {
        const { rows } = await client.query<{ order_number?: number }>(
          sql,
          bind.map((value) => substitute(value, fresh)),
        );
        if (rows[0]?.order_number) fresh.set(order.number, rows[0].order_number);
      }
    } finally {
      client.release();
    }
  };

const request =
  (pool: Pool, token: string, status: number, method: 'GET' | 'POST', path: string, bodies: string[] = []): Work =>
  async (index) => {
    const body = bodies.length > 0 ? bodies[index % bodies.length] : undefined;
    const answer = await pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    if (answer.statusCode !== status)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${await answer.body.text()}`);
    await answer.body.dump({ limit: Infinity });
  };

const startServer = async (url: string): Promise<{ server: Daemon; origin: string }> => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = new Daemon({
    name: 'orders',
    port,
    command: process.execPath,
    args: [join(import.meta.dirname, 'orders-server.ts'), url, String(port), secret, String(connections)],
    cwd: import.meta.dirname,
    env: process.env,
    output: (text: string) => process.stderr.write(`${text}\n`),
    answers: () => httpAnswers(`${origin}/api`),
    patience: 30_000,
  });
  await server.start();
  return { server, origin };
};

await withThrowaway(async (throwaway) => {
  const bare = new pg.Pool({ connectionString: throwaway.url, max: connections });
  // `end` does not wait until its connections are closed: the server, which is stopped next, may end them with an error.
  bare.on('error', () => undefined);
  const wanted = await makeShop(bare);
  const { database, log } = throwaway;
  const outbox = new Outbox(database, 'orders_outbox', log);
  const orders = new Orders({ database, outbox, targets: targetsSetting.parse(defaultTargets), allowance: noLimits });
  const templates = await recordCreates(throwaway, orders, wanted);
  const listed = await recordStatements(database, () => orders.list(orderQuery.parse({}), null));
  const list = listed.find(({ sql }) => sql.startsWith('SELECT'));
  if (!list) throw new Error('the list was not recorded');
  const { server, origin } = await startServer(throwaway.url);
  const pool = new Pool(origin, { connections: 16 });
  const signer = await Signer.create(secret);
  const [buyer, staff] = await Promise.all(
    [customer, user('staff')].map((one) => signer.sign({ ...one, session_epoch: 0 }, randomUUID())),
  );
  try {
    const bodies = wanted.map((one) => JSON.stringify(one));
    const creates = await compare(
      request(pool, buyer ?? '', 201, 'POST', '/api/orders', bodies),
      replay(bare, templates),
    );
    const lists = await compare(request(pool, staff ?? '', 200, 'GET', '/api/orders'), async () => {
      await bare.query(list.sql, list.bind);
    });
    process.stdout.write('| | HTTP, per second | bare pg, per second | ratio |\n|---|---|---|---|\n');
    for (const [name, { http, bare: plain, ratio }] of Object.entries({
      'create an order': creates,
      'list 50 orders': lists,
    }))
      process.stdout.write(`| ${name} | ${http.toFixed(0)} | ${plain.toFixed(0)} | ${ratio.toFixed(2)} |\n`);
  } finally {
    await pool.close();
    await server.stop(5_000);
    await bare.end();
  }
});
