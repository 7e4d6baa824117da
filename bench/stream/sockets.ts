import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { type Measured, report } from '../support/figures.ts';
import { isShort } from '../support/short.ts';

/**
 * What an idle socket takes of the gateway's memory: how much more a gateway holds with 9,000 sockets than with 1,000, by
 * its own count and by the system's. Each socket is of another customer, with identity, audience and lease, and has been sent
 * a welcome and a heartbeat. The sockets' other ends are in this process, and the kernel's buffers in neither.
 */
const [few, many] = [1_000, 9_000];
const rounds = isShort ? 1 : 3;
const atOnce = 50;

const held = z.object({ clients: z.number(), rss: z.number(), heap: z.number() });

const measured: Measured[] = [
  { name: 'heap and buffers of an idle socket', unit: 'KiB', better: 'less', values: [] },
  { name: 'resident memory of an idle socket', unit: 'KiB', better: 'less', values: [] },
];

for (let round = 0; round < rounds; round += 1) {
  const gateway = fork(join(import.meta.dirname, 'idle-gateway.ts'), { execArgv: ['--expose-gc'] });
  const [{ port }] = z
    .tuple([z.object({ port: z.int() })])
    .rest(z.unknown())
    .parse(await once(gateway, 'message'));
  const sockets: WebSocket[] = [];
  const openAll = async (count: number): Promise<void> => {
    while (sockets.length < count) {
      const next = Array.from({ length: atOnce }, (_, n) => {
        return new WebSocket(`ws://127.0.0.1:${port}/ws`, {
          headers: { authorization: `Bearer ${sockets.length + n}` },
        });
      });
      await Promise.all(next.map((socket) => once(socket, 'message')));
      sockets.push(...next);
    }
  };
  const ask = async () => {
    // The rest of what it took to let the sockets in may still be under way.
    await delay(1_000);
    gateway.send('measure');
    const [answer] = z
      .tuple([held])
      .rest(z.unknown())
      .parse(await once(gateway, 'message'));
    if (answer.clients !== sockets.length) throw new Error(`expected ${sockets.length} clients, got ${answer.clients}`);
    return answer;
  };
  await openAll(few);
  const before = await ask();
  await openAll(many);
  const after = await ask();
  const kib = (key: 'heap' | 'rss'): number => (after[key] - before[key]) / (many - few) / 1024;
  measured[0]?.values.push(kib('heap'));
  measured[1]?.values.push(kib('rss'));
  const closed = once(gateway, 'exit');
  gateway.disconnect();
  for (const socket of sockets) socket.terminate();
  await closed;
}
await report('sockets', measured);
process.exit();
