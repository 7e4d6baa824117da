import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { PartName } from '../../deploy/local/parts/parts.ts';
import { Api } from '../../tests/support/clients/api.ts';
import { gatewayReady, type System } from '../../tests/support/system/system.ts';
import { cpuOfChildren } from '../support/children.ts';
import { type Measured, report } from '../support/figures.ts';
import { invite, placeOrders } from '../support/orders-load.ts';
import { connect, withSystem } from '../support/system.ts';

/**
 * What an order costs, of two events each, in CPU of all parts and servers together, with 1, 2 and 3 gateways, bridges and
 * orders services; one kind at a time has more than one. The load is the same each time: orders placed at the orders services
 * in turn, and 24 sockets of staff spread over the gateways.
 *
 *     npm run bench:scale -- [gateway,bridge,orders] [rounds] [orders a second]
 */
const all = ['gateway', 'bridge', 'orders'] as const satisfies PartName[];
type Kind = (typeof all)[number];
const kinds = all.filter((kind) => (process.argv[2] ?? kind).split(',').includes(kind));
const rounds = Number(process.argv[3] ?? 3);
const rate = Number(process.argv[4] ?? 100);
const counts = [1, 2, 3];
const seconds = 8;
/**
 * So much is ordered before for each process of the kind: while its code is being compiled, an order costs an orders service
 * that has just started half as much again.
 */
const warming = { rate: 150, seconds: 8 };
const sockets = 24;
/** An address may register 60 a minute. */
const customers = 5;

/** Runs `count - 1` more of a part beside that of the system; `work` gets the addresses of all. */
const withMore = async (
  system: System,
  kind: Kind,
  count: number,
  work: (urls: string[]) => Promise<void>,
): Promise<void> => {
  const start = (urls: string[]): Promise<void> =>
    urls.length === count ? work(urls) : system.beside(kind, {}, (url) => start([...urls, url]));
  await start([`http://127.0.0.1:${system.part(kind).port}`]);
};

/** Milliseconds of CPU that an order costs, by part and server. */
const costs = async (system: System, kind: Kind, urls: string[]): Promise<Map<string, number>> => {
  const gateways = kind === 'gateway' ? urls : [system.gatewayUrl];
  const orders = kind === 'orders' ? urls : [`http://127.0.0.1:${system.part('orders').port}`];
  await Promise.all(gateways.map(gatewayReady));
  // Anew each time: tokens live for 5 minutes.
  const buyers = await invite(system, customers);
  const { session } = await new Api(system.gatewayUrl).login('staff@example.com');
  const opened: WebSocket[] = [];
  for (let n = 0; n < sockets; n += 1)
    opened.push(await connect(new Api(gateways[n % gateways.length] ?? '', session)));
  const load = { urls: orders.map((url) => `${url}/api/orders`), buyers, rate };
  await placeOrders({ ...load, rate: warming.rate, seconds: warming.seconds * urls.length });
  await delay(1_000);

  const before = cpuOfChildren();
  const { took, refused } = await placeOrders({ ...load, seconds });
  // What is still on its way to the sockets.
  await delay(1_000);
  const after = cpuOfChildren();
  if (refused > 0) throw new Error(`${refused} orders were refused`);
  for (const socket of opened) socket.terminate();
  return new Map([...after].map(([name, used]) => [name, ((used - (before.get(name) ?? 0)) * 1000) / took.length]));
};

/** The values of each figure, one for each round. */
const found = new Map<string, Measured>();
const note = (name: string, unit: Measured['unit'], value: number): void => {
  const measured = found.get(name) ?? { name, unit, better: 'less', values: [] };
  measured.values.push(value);
  found.set(name, measured);
};

const measure = async (system: System, kind: Kind): Promise<void> => {
  let one = NaN;
  for (const count of counts) {
    await withMore(system, kind, count, async (urls) => {
      const byName = await costs(system, kind, urls);
      const total = [...byName.values()].reduce((sum, ms) => sum + ms, 0);
      if (count === 1) one = total;
      note(`CPU of an order, ${count} × ${kind}`, 'ms', total);
      for (const [name, ms] of byName) if (ms >= 0.01) note(`${count} × ${kind}: of it ${name}`, 'ms', ms);
      if (count > 1) note(`${count} × ${kind} ÷ 1 × ${kind}`, 'ratio', total / one);
    });
  }
};

await withSystem(async (system) => {
  for (let round = 0; round < rounds; round += 1) for (const kind of kinds) await measure(system, kind);
});
await report('scale', [...found.values()]);
