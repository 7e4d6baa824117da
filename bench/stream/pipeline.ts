import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { nearestRank } from '../../contracts/src/nearest-rank.ts';
import { calls } from '../../contracts/src/rest/calls.ts';
import { serverFrame } from '../../contracts/src/socket/messages.ts';
import type { PartName } from '../../deploy/local/parts/parts.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';
import { type Measured, report } from '../support/figures.ts';
import { isShort } from '../support/short.ts';
import { connect, cpuOf, withSystem } from '../support/system.ts';

/**
 * How long a change is on its way from the database to a socket, by stage, and what an order costs: an open loop of orders
 * through the gateway at several rates, on servers of its own, with 20 sockets of staff. Each order makes two events.
 *
 *     npm run bench:pipeline -- [orders a second, …] [seconds each]
 */
const rates = (process.argv[2] ?? (isShort ? '50,100' : '10,50,100,200,300,500')).split(',').map(Number);
const seconds = Number(process.argv[3] ?? (isShort ? 10 : 20));
const sockets = 20;
const customers = 20;
const parts = ['gateway', 'orders', 'bridge'] as const satisfies PartName[];

/** Milliseconds of each event by stage, of what came to one socket since it was emptied. */
const stages = new Map<string, number[]>();

const watch = (frame: Buffer): void => {
  const now = Date.now();
  for (const message of serverFrame.parse(JSON.parse(frame.toString()))) {
    if (!('times' in message)) continue;
    const committed = Date.parse(message.times.committed);
    const produced = Date.parse(message.times.produced ?? message.times.committed);
    const bridged = Date.parse(message.times.bridged);
    const took = {
      'commit → Kafka': produced - committed,
      '→ bridge': bridged - produced,
      '→ socket': now - bridged,
      'commit → socket': now - committed,
    };
    for (const [stage, ms] of Object.entries(took)) {
      const all = stages.get(stage);
      if (all) all.push(ms);
      else stages.set(stage, [ms]);
    }
  }
};

/** Seconds of CPU that each part has used so far, and the whole machine. */
const cpuOfAll = async (system: System): Promise<Record<string, number>> => {
  const used: Record<string, number> = {};
  for (const name of parts) used[name] = await cpuOf(system, name);
  const busy = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  used['whole machine'] = busy.reduce((sum, ms) => sum + ms, 0) / 1000;
  return used;
};

/**
 * Places orders evenly spread, whether the earlier ones are answered or not. A request's time is from when it was due, so that
 * one that waits for others counts in full.
 */
const load = async (system: System, tokens: string[], products: string[], rate: number) => {
  const pool = new Pool(system.gatewayUrl, { connections: 64 });
  const took: number[] = [];
  let refused = 0;
  const place = async (n: number, due: number): Promise<void> => {
    const authorization = `Bearer ${tokens[n % tokens.length] ?? ''}`;
    const answer = await pool.request({
      method: 'POST',
      path: calls.placeOrder.path,
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ items: [{ product_id: products[n % products.length], quantity: 1 }] }),
    });
    await answer.body.dump();
    if (answer.statusCode === calls.placeOrder.status) took.push(performance.now() - due);
    else refused += 1;
  };
  const began = performance.now();
  const placed: Promise<void>[] = [];
  for (let n = 0; n < rate * seconds; n += 1) {
    const due = began + (n * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 1) await delay(wait);
    placed.push(place(n, due));
  }
  await Promise.all(placed);
  const rateTaken = (took.length * 1_000) / (performance.now() - began);
  await pool.close();
  return { took, refused, rateTaken };
};

const measure = async (system: System, people: Api[], rate: number): Promise<Measured[]> => {
  const anybody = new Api(system.gatewayUrl);
  const staff = await anybody.login('staff@example.com');
  const admin = await anybody.login('admin@example.com');
  const products = await Promise.all(
    Array.from({ length: 30 }, (_none, n) =>
      admin.call(calls.createProduct, {
        body: { name: `Thing ${n}, ${crypto.randomUUID()}`, price: 500, stock: 1_000_000 },
      }),
    ),
  );
  const opened = [await connect(staff, watch)];
  for (let n = 1; n < sockets; n += 1) opened.push(await connect(staff));
  stages.clear();
  const before = await cpuOfAll(system);
  const { took, refused, rateTaken } = await load(
    system,
    people.map(({ session }) => session?.access_token ?? ''),
    products.map(({ id }) => id),
    rate,
  );
  const after = await cpuOfAll(system);
  for (const socket of opened) socket.terminate();
  const what = (name: string): string => `${rate} orders a second: ${name}`;
  const times = [['POST', took] as const, ...stages].flatMap(([stage, values]): Measured[] => [
    { name: what(`${stage}, p50`), unit: 'ms', better: 'less', values: [nearestRank(values, 0.5) ?? NaN] },
    { name: what(`${stage}, p99`), unit: 'ms', better: 'less', values: [nearestRank(values, 0.99) ?? NaN] },
  ]);
  const costs = Object.entries(after).map(([name, used]): Measured => {
    const values = [((used - (before[name] ?? 0)) * 1000) / took.length];
    return { name: what(`CPU of an order, ${name}`), unit: 'ms', better: 'less', values };
  });
  return [
    { name: what('placed'), unit: 'per second', better: 'more', values: [rateTaken] },
    { name: what('refused'), unit: 'per second', better: 'less', values: [refused / seconds] },
    ...times,
    ...costs,
  ];
};

await withSystem(async (system) => {
  const people = await Promise.all(Array.from({ length: customers }, () => new Api(system.gatewayUrl).register()));
  // The first only warms up.
  await measure(system, people, 50);
  for (const rate of rates) await report('pipeline', await measure(system, people, rate));
});
