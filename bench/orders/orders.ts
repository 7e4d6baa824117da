import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Pool } from 'undici';
import { z } from 'zod';
import { usualSteps } from '../../contracts/src/domain/order-status.ts';
import { orderQuery } from '../../contracts/src/rest/orders.ts';
import { httpAnswers } from '../../deploy/local/parts/http-probe.ts';
import { Daemon } from '../../deploy/local/process/daemon.ts';
import { freePort } from '../../deploy/local/process/ports.ts';
import { usualRules } from '../../services/orders/src/testing/usual-rules.ts';
import { Orders } from '../../services/orders/src/orders/orders.ts';
import { Outbox } from '../../services/runtime/src/outbox/outbox.ts';
import { Signer } from '../../services/users/src/tokens.ts';
import { type Measured, report } from '../support/figures.ts';
import { compare, type Work } from '../support/rounds.ts';
import { type Throwaway, withThrowaway } from '../support/throwaway.ts';
import { recordStatements, type Statement } from './plans.ts';
import type { Recording } from './replay.ts';

/**
 * What the orders service adds to PostgreSQL and HTTP: its rates, and those of the same statements sent by bare `pg` behind
 * the same HTTP server.
 */
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
const staff = user('staff');

/** A hundred orders of one to three lines, of 200 products. */
const makeShop = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
     SELECT uuidv7(), 'Product ' || n, '', 500 + n, 'USD', 1000000, now(), now() FROM generate_series(1, 200) n RETURNING id`,
  );
  await client.end();
  return Array.from({ length: 100 }, (_none, n) => {
    const places = [n, n * 7 + 100, n * 3 + 50].slice(0, 1 + (n % 3)).map((at) => at % rows.length);
    return { items: [...new Set(places)].map((at) => ({ product_id: rows[at]?.id ?? '', quantity: 1 })) };
  });
};
type Wanted = Awaited<ReturnType<typeof makeShop>>;

/** What the orders service sends to the database for each kind of request. */
const record = async ({ database, log }: Throwaway, wanted: Wanted) => {
  const outbox = new Outbox(database, 'orders_outbox', log);
  const orders = new Orders({ database, outbox, ...usualRules });
  const recorded = async <T>(work: () => Promise<T>): Promise<[Statement[], T]> => {
    const { promise, resolve } = Promise.withResolvers<T>();
    const statements = await recordStatements(async () => resolve(await work()));
    return [statements.filter(({ sql }) => !sql.startsWith('NOTIFY')), await promise];
  };
  const create: Recording[] = [];
  const move: Recording[] = [];
  for (const one of wanted) {
    const [placing, { body: order }] = await recorded(() => orders.create(one, customer, { key: null }));
    const ids = [order, ...order.items].map(({ id }) => id);
    create.push({ statements: placing, ids, number: order.number, changed: null });
    // A version that no other value of the statements has, so that it can be found in them.
    await database.query('UPDATE orders SET version = 999998 WHERE id = $id', { bind: { id: order.id } });
    const change = { status: 'confirmed' as const };
    const options = { owner: null, precondition: () => undefined };
    const [moving] = await recorded(() => orders.move(order.id, change, staff, options));
    move.push({ statements: moving, ids: [], number: null, changed: { id: order.id, version: 999_998 } });
  }
  const [listing] = await recorded(() => orders.list(orderQuery.parse({}), null));
  const list = [{ statements: listing, ids: [], number: null, changed: null }];
  return { create, move, list };
};

const startServer = async (file: string, args: string[]): Promise<{ server: Daemon; pool: Pool }> => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const [url = '', ...rest] = args;
  const server = new Daemon({
    name: file,
    port,
    command: process.execPath,
    args: [join(import.meta.dirname, file), url, String(port), ...rest, String(connections)],
    cwd: import.meta.dirname,
    env: process.env,
    output: (text: string) => process.stderr.write(`${text}\n`),
    answers: () => httpAnswers(`${origin}/api`),
    patience: 30_000,
  });
  await server.start();
  return { server, pool: new Pool(origin, { connections: 16 }) };
};

interface Call {
  status: number;
  method: 'GET' | 'POST' | 'PATCH';
  path: (index: number) => string;
  body?: (index: number) => string;
  token: string;
  onAnswer?: (text: string) => void;
}

const call =
  (pool: Pool, { status, method, path, body, token, onAnswer }: Call): Work =>
  async (index) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await pool.request({ method, path: path(index), headers, body: body?.(index) });
    const text = await answer.body.text();
    if (answer.statusCode !== status) throw new Error(`${method} ${path(index)}: ${answer.statusCode} ${text}`);
    onAnswer?.(text);
  };

const placed = z.object({ id: z.string() });

/** The orders are moved that were placed before; each server has its own, or one would move what the other has moved. */
const measure = async (ours: Pool, bare: Pool, wanted: Wanted) => {
  const signer = await Signer.create(secret);
  const [buyer = '', mover = ''] = await Promise.all(
    [customer, staff].map((one) => signer.sign({ ...one, session_epoch: 0 }, randomUUID())),
  );
  const bodies = wanted.map((one) => JSON.stringify(one));
  const ids: string[] = [];
  const create: Call = {
    ...{ status: 201, method: 'POST', path: () => '/api/orders', token: buyer },
    body: (index) => bodies[index % bodies.length] ?? '',
  };
  const creates = await compare(
    call(ours, { ...create, onAnswer: (text) => ids.push(placed.parse(JSON.parse(text)).id) }),
    call(bare, create),
  );
  const half = Math.floor(ids.length / 2);
  const move = (first: number): Call => ({
    ...{ status: 200, method: 'PATCH', token: mover },
    path: (index) => `/api/orders/${ids[first + (index % half)] ?? ''}/status`,
    body: (index) => JSON.stringify({ status: usualSteps[Math.floor(index / half)] }),
  });
  const moves = await compare(call(ours, move(0)), call(bare, move(half)));
  const list: Call = { status: 200, method: 'GET', path: () => '/api/orders', token: mover };
  const lists = await compare(call(ours, list), call(bare, list));
  return Object.entries({ 'place an order': creates, 'move an order': moves, 'list 50 orders': lists });
};

await withThrowaway(async (throwaway) => {
  const wanted = await makeShop(throwaway.url);
  const folder = await mkdtemp(join(tmpdir(), 'live-orders-bench-'));
  const recordings = join(folder, 'recordings.json');
  const servers: { server: Daemon; pool: Pool }[] = [];
  try {
    await writeFile(recordings, JSON.stringify(await record(throwaway, wanted)));
    const ours = await startServer('orders-server.ts', [throwaway.url, secret]);
    servers.push(ours);
    const bare = await startServer('bare-server.ts', [throwaway.url, recordings]);
    servers.push(bare);
    const results = await measure(ours.pool, bare.pool, wanted);
    await report(
      'orders',
      results.flatMap(([what, { ours: service, bare: floor, ratio }]): Measured[] => [
        { name: what, unit: 'per second', better: 'more', values: service },
        { name: `${what}, bare pg`, unit: 'per second', better: 'more', values: floor },
        { name: `${what} ÷ bare pg`, unit: 'ratio', better: 'more', values: ratio },
      ]),
    );
  } finally {
    for (const { server, pool } of servers) {
      await pool.close();
      await server.stop(5_000);
    }
    await rm(folder, { recursive: true });
  }
});
