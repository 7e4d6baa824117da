import type { OrderStatus } from '../../contracts/src/domain/order-status.ts';
import { type OrderQuery, orderQuery, orderSorts } from '../../contracts/src/rest/orders.ts';
import { statsWindows } from '../../contracts/src/rest/stats.ts';
import { toNdjson } from '../../services/orders/src/orders/export.ts';
import { rollUp } from '../../services/orders/src/stats/rollup.ts';
import { usualRules } from '../../services/orders/src/testing/usual-rules.ts';
import { Orders } from '../../services/orders/src/orders/orders.ts';
import { Stats } from '../../services/orders/src/stats/stats.ts';
import { Outbox } from '../../services/runtime/src/outbox/outbox.ts';
import pg from 'pg';
import { fillMillion } from './fill-million.ts';
import { explain, recordStatements, type Statement } from './plans.ts';
import { median } from '../support/rounds.ts';
import { type Throwaway, withThrowaway } from '../support/throwaway.ts';

/** What each statement of the list and of the figures costs on a million orders; fails when one scans a table or a figure is slow. */
const limitMs = 50;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

type Filter = Record<string, string> & { status?: OrderStatus | `${OrderStatus},${OrderStatus},${OrderStatus}` };

const filters: [string, Filter][] = [
  ['everything', {}],
  ['status pending', { status: 'pending' }],
  ['status delivered', { status: 'delivered' }],
  ['status cancelled', { status: 'cancelled' }],
  ['three open statuses', { status: 'pending,confirmed,preparing' }],
  ['late', { late: 'true' }],
  ['not late', { late: 'false' }],
  ['assigned to somebody', { assigned_to: 'STAFF' }],
  ['assigned to nobody', { assigned_to: 'none' }],
  ['a customer with much', { customer_id: 'MUCH' }],
  ['a customer with little', { customer_id: 'LITTLE' }],
  ['q common', { q: 'lamp' }],
  ['q rare', { q: 'zyxwood' }],
  ['q nowhere', { q: 'qqqq' }],
  ['q sold long ago', { q: 'autumn lantern' }],
  ['q two words', { q: 'vera xu' }],
  ['q name and product', { q: 'vera lamp' }],
  ['q in notes', { q: 'ring twice' }],
  ['q two letters', { q: 'xu' }],
  ['q two letters, nowhere', { q: 'qx' }],
  ['q one letter', { q: 'q' }],
  ['q number', { q: '456789' }],
  ['created in one hour', { created_from: 'H100', created_to: 'H99' }],
  ['created in a week', { created_from: 'H400', created_to: 'H232' }],
  ['a high total', { min_total: '70000' }],
  ['a low total', { max_total: '600' }],
  ['a middle total', { min_total: '20000', max_total: '20100' }],
  ['pending, unassigned', { status: 'pending', assigned_to: 'none' }],
  ['late, assigned to somebody', { late: 'true', assigned_to: 'STAFF' }],
  ['late, shipped', { late: 'true', status: 'shipped' }],
  ['cancelled, high total', { status: 'cancelled', min_total: '70000' }],
  ['pending, long ago', { status: 'pending', created_to: 'H300' }],
  ['delivered, q rare', { status: 'delivered', q: 'zyxwood' }],
  ['pending, q common', { status: 'pending', q: 'lamp' }],
  [
    'customer, delivered, a week',
    { customer_id: 'MUCH', status: 'delivered', created_from: 'H400', created_to: 'H232' },
  ],
];

/** The filter as the API would parse it: `H100` stands for the time 100 hours ago, another name in capitals for an id. */
const parse = (filter: Record<string, string>, sort: string, ids: Record<string, string>): OrderQuery => {
  const plain: Record<string, string> = {};
  // Ids of `fillMillion` are hashes, which the API's schema of a UUID would refuse.
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) {
    const hours = /^H(\d+)$/.exec(value)?.[1];
    const id = ids[value];
    if (id) named[name] = id;
    else plain[name] = hours ? hoursAgo(Number(hours)) : value;
  }
  return { ...orderQuery.parse({ ...plain, sort }), ...named };
};

const asUuid = async (client: pg.Client, text: string): Promise<string> => {
  const { rows } = await client.query<{ id: string }>('SELECT md5($1)::uuid AS id', [text]);
  return rows[0]?.id ?? '';
};

const table = (heads: string[]) => {
  say(`| ${heads.join(' | ')} |`);
  say(`|${heads.map(() => '---|').join('')}`);
  return (cells: string[]): void => say(`| ${cells.join(' | ')} |`);
};

interface Bench {
  database: Throwaway['database'];
  orders: Orders;
  client: pg.Client;
  faults: string[];
}

/** How long a statement takes, for the table, marked when it is slow. One that scans a whole table is a fault. */
const judge = async ({ client, faults }: Bench, what: string, statement: Statement): Promise<string> => {
  const { ms, sequential, indexes } = await explain(client, statement);
  if (sequential) faults.push(`${what}: ${ms.toFixed(1)} ms, sequential scan, ${indexes.join(', ')}`);
  return `${ms.toFixed(1)}${ms > limitMs ? ' (!)' : ''}`;
};

const measureList = async (bench: Bench): Promise<void> => {
  const { client, orders } = bench;
  const ids = {
    STAFF: await asUuid(client, 'staff3'),
    MUCH: await asUuid(client, 'customer0'),
    LITTLE: await asUuid(client, 'customer40000'),
  };
  const sorts = orderSorts.flatMap((sort) => [`-${sort}`, sort]);
  const row = table(['GET /orders, ms', ...sorts.map((sort) => `\`${sort}\``), 'counting them']);
  for (const [name, filter] of filters) {
    const cells: string[] = [];
    for (const sort of sorts) {
      const list = (): Promise<unknown> => orders.list(parse(filter, sort, ids), null);
      const statement = (await recordStatements(list)).at(-1);
      if (statement) cells.push(await judge(bench, `${name} by ${sort}`, statement));
    }
    const counted = { ...parse(filter, '-created_at', ids), count: true };
    const [count] = await recordStatements(() => orders.list(counted, null));
    if (count) cells.push((await explain(client, count)).ms.toFixed(1));
    row([name, ...cells]);
  }
};

const measureStats = async (bench: Bench): Promise<void> => {
  const stats = new Stats(bench.database);
  const row = table(['GET /orders/stats', 'figures, ms', 'all of it, ms']);
  for (const window of statsWindows) {
    const statements = await recordStatements(() => stats.read(window));
    const figures = statements.find(({ bind }) => bind.length > 1);
    if (!figures) throw new Error('the figures were not read');
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const began = performance.now();
      await stats.read(window);
      times.push(performance.now() - began);
    }
    const whole = median(times);
    if (whole > limitMs) bench.faults.push(`stats of ${window}: ${whole.toFixed(1)} ms`);
    row([window, await judge(bench, `stats of ${window}`, figures), whole.toFixed(1)]);
  }
};

/** A whole export, as the service streams it; what it holds must not grow with what it has sent. */
const measureExport = async ({ orders }: Bench): Promise<void> => {
  const heap: number[] = [];
  const began = performance.now();
  let bytes = 0;
  let batches = 0;
  for await (const text of toNdjson(orders.batches({}, null))) {
    bytes += text.length;
    batches += 1;
    if (batches % 100 === 0) heap.push(process.memoryUsage().heapUsed / 2 ** 20);
  }
  const seconds = (performance.now() - began) / 1000;
  const middle = Math.floor(heap.length / 2);
  const [first, second] = [Math.max(...heap.slice(0, middle)), Math.max(...heap.slice(middle))];
  say(
    `\nexport: ${(bytes / 2 ** 20).toFixed(0)} MB in ${seconds.toFixed(0)} s; the most of the heap in its second half is`,
  );
  say(`${(second / first).toFixed(2)} of the most in its first (${first.toFixed(0)} MB)`);
};

const timed = async (what: string, work: () => Promise<void>): Promise<void> => {
  const began = performance.now();
  await work();
  say(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
};

await withThrowaway(async ({ url, database, log }) => {
  await timed('a million orders', () => fillMillion(url));
  await timed('first figures', () => rollUp(database));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const outbox = new Outbox(database, 'orders_outbox', log);
  const orders = new Orders({ database, outbox, ...usualRules });
  const bench: Bench = { database, orders, client, faults: [] };
  try {
    await client.query('VACUUM (ANALYZE) order_figures');
    await measureStats(bench);
    await measureList(bench);
    await measureExport(bench);
  } finally {
    await client.end();
  }
  say(`\na figure over ${limitMs} ms or a sequential scan: ${bench.faults.length}`);
  for (const fault of bench.faults) say(`- ${fault}`);
  process.exitCode = bench.faults.length > 0 ? 1 : 0;
});
