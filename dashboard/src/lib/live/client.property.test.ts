import type { Order } from '@live-orders/contracts/domain/orders.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { change, setUp } from '../testing/live-client.ts';
import { orderId } from '../testing/orders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('equals the server after any mixture of losses, repetitions and late snapshots', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), n: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.constant({ do: 'repeat' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'snapshot' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), recovered: fc.boolean() }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { client, socket, sockets, settle, snapshots } = setUp();
      const server = new Map<string, Order>();
      const log: ReturnType<typeof change>[] = [];
      const seq = () => log.length;
      const answerAll = async () => {
        for (const asked of snapshots) asked.resolve([...server.values()]);
        await settle();
      };
      client.start();
      await settle();
      socket().welcome(`e:0`);
      for (const item of steps) {
        if (item.do === 'change') {
          const version = (server.get(orderId(item.n))?.version ?? 0) + 1;
          const message = change(seq() + 1, item.n, version);
          log.push(message);
          server.set(message.data.id, message.data);
          socket().say(message);
        } else if (item.do === 'repeat') {
          if (log.length > 0) socket().say(...log.slice(-3));
        } else if (item.do === 'snapshot') {
          await answerAll();
        } else {
          socket().hangUp(1006);
          for (const lost = sockets.length; sockets.length === lost;) await vi.advanceTimersByTimeAsync(250);
          const since = socket().url.searchParams.get('since');
          const recovered = item.recovered && since !== null;
          socket().welcome(`e:${seq()}`, recovered);
          if (recovered) socket().say(...log.slice(Number(since.slice(2))));
          else socket().resync(`e:${seq()}`);
        }
      }
      await answerAll();
      expect(new Map([...client.store.values()].map((item) => [item.id, item]))).toEqual(server);
      expect(client.state.phase).toBe('live');
      client.stop();
    }),
    { numRuns: 60 },
  );
});
