import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { WebSocket } from 'ws';
import { nearestRank } from '../../contracts/src/nearest-rank.ts';
import { moved } from '../../gateway/src/testing/redis-messages.ts';
import { Publisher } from '../../services/bridge/src/publisher.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';
import { type Measured, report } from '../support/figures.ts';
import { isShort } from '../support/short.ts';
import { connect, cpuOf, withSystem } from '../support/system.ts';

/**
 * What a gateway's process spends on each delivery to a socket of staff, by its own count of CPU, and how long an event is on
 * its way from Redis to the socket. Events have 900 bytes and are published as the bridge does. Of the sockets some may have
 * stopped reading, which should be no matter to the others: only these are measured.
 *
 *     npm run bench:fanout -- [sockets]:[events a second]:[percent that do not read],…
 */
const cases = (process.argv[2] ?? '1000:50,200:500,200:500:1,200:500:10')
  .split(',')
  .map((one) => one.split(':').map(Number));
const seconds = isShort ? 5 : 10;

interface Case {
  count: number;
  rate: number;
  slowPercent: number;
}

const measure = async (
  system: System,
  publisher: Publisher,
  { count, rate, slowPercent }: Case,
): Promise<Measured[]> => {
  const staff = await new Api(system.gatewayUrl).login('staff@example.com');
  let deliveries = 0;
  const took: number[] = [];
  const sockets: WebSocket[] = [];
  for (let n = 0; n < count; n += 1) {
    const isSample = n % 50 === 0;
    const isSlow = slowPercent > 0 && n % Math.round(100 / slowPercent) === 5;
    const onText = (data: Buffer): void => {
      const text = data.toString('latin1');
      const published = text.match(/"note":"\d+/g) ?? [];
      deliveries += published.length;
      if (isSample)
        for (const one of published)
          took.push(performance.now() + performance.timeOrigin - Number(one.slice(8)) / 1_000);
    };
    const socket = await connect(staff, onText);
    sockets.push(socket);
    if (isSlow) socket.pause();
  }
  await delay(1_000);
  deliveries = 0;
  const before = await cpuOf(system, 'gateway');
  const began = performance.now();
  for (let n = 0; performance.now() - began < seconds * 1_000; n += 1) {
    const wait = began + (n * 1_000) / rate - performance.now();
    if (wait > 1) await delay(wait);
    const note = String(Math.round((performance.now() + performance.timeOrigin) * 1_000)).padEnd(480, ' x');
    const { event, times, data } = moved(1, n % 9, n + 1, 'confirmed', note);
    const text = JSON.stringify({ event, data, previous_status: 'pending', actor: null, times }).slice(0, -1);
    const publication = { offset: String(n), channel: 'order_events', text, revocation: null };
    const range = { partition: `bench-${crypto.randomUUID()}`, first: String(n), last: String(n) };
    await publisher.publish(range, [publication]);
  }
  await delay(500);
  const used = (await cpuOf(system, 'gateway')) - before;
  for (const socket of sockets) socket.terminate();
  await delay(2_000);
  const slow = slowPercent > 0 ? `, ${slowPercent} % of them slow` : '';
  const what = `${count} sockets, ${rate} events a second${slow}`;
  const within = (part: number): number[] => [nearestRank(took, part) ?? NaN];
  return [
    { name: `${what}: CPU of a delivery`, unit: 'µs', better: 'less', values: [(used * 1e6) / deliveries] },
    { name: `${what}: p50`, unit: 'ms', better: 'less', values: within(0.5) },
    { name: `${what}: p99`, unit: 'ms', better: 'less', values: within(0.99) },
  ];
};

await withSystem(async (system) => {
  const { redisHost, redisPort, prefix } = system.territory;
  const redis = new Redis(redisPort, redisHost);
  try {
    const publisher = new Publisher(redis, prefix, 20_000);
    const measured: Measured[] = [];
    for (const [count = 0, rate = 0, slowPercent = 0] of cases)
      measured.push(...(await measure(system, publisher, { count, rate, slowPercent })));
    await report('fanout', measured);
  } finally {
    redis.disconnect();
  }
});
