import { cpus } from 'node:os';
import { nearestRank } from '../../contracts/src/nearest-rank.ts';
import { calls } from '../../contracts/src/rest/calls.ts';
import { serverFrame } from '../../contracts/src/socket/messages.ts';
import type { PartName } from '../../deploy/local/parts/parts.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';
import { type Measured, report } from '../support/figures.ts';
import { type Buyers, invite, placeOrders } from '../support/orders-load.ts';
import { isShort } from '../support/short.ts';
import { connect, cpuOf, withSystem } from '../support/system.ts';

/**
 * How long a change is on its way from the database to a socket, by stage, and what an order costs: an open loop of orders
 * through the gateway at several rates, on servers of its own, with 20 sockets of staff. Each order makes two events.
 *
 *     npm run bench:pipeline -- [orders a second, …] [seconds each]
 */
const rates = (process.argv[2] ?? (isShort ? '50,100' : '10,50,100,200,300,500')).split(',').map(Number);
/** All rates together not longer than a buyer's token lives, which is 5 minutes. */
const secondsEach = Number(process.argv[3] ?? (isShort ? 10 : 20));
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

const measure = async (system: System, buyers: Buyers, rate: number, seconds: number): Promise<Measured[]> => {
  const staff = await new Api(system.gatewayUrl).login('staff@example.com');
  const opened = [await connect(staff, watch)];
  for (let n = 1; n < sockets; n += 1) opened.push(await connect(staff));
  stages.clear();
  const before = await cpuOfAll(system);
  const urls = [`${system.gatewayUrl}${calls.placeOrder.path}`];
  const { took, refused, rateTaken } = await placeOrders({ urls, buyers, rate, seconds });
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
  const buyers = await invite(system, customers);
  // The first only warms up.
  await measure(system, buyers, 50, 10);
  for (const rate of rates) await report('pipeline', await measure(system, buyers, rate, secondsEach));
});
