import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { change, order, setUp } from '../testing/live-client.ts';
import { orderId } from '../testing/orders.ts';
import type { Fallback } from '../transport/transport-choice.ts';
import { SessionEndedError, type LiveClientOptions } from './state.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pollEvery = 5_000;

/** A client of which every attempt to connect is refused until the one that `until` says. */
const openRefused = async (given: Partial<LiveClientOptions> = {}) => {
  const opened = setUp({ pollEvery, ...given });
  opened.client.start();
  await opened.settle();
  return opened;
};
type Opened = Awaited<ReturnType<typeof openRefused>>;

/** Refuses the attempt that is under way, and waits for the next one. */
const refuse = async ({ socket, sockets }: Opened) => {
  const before = sockets.length;
  socket().hangUp(1006);
  while (sockets.length === before) await vi.advanceTimersByTimeAsync(250);
};

describe('LiveClient, where nothing leads to the stream', () => {
  it('reads a snapshot every few seconds, says so, and goes on trying', async () => {
    const works = vi.fn<(fallback: Fallback | null) => void>();
    const given = await openRefused({ onWorks: works });
    const { client, sockets, socket, snapshots, answer, states } = given;
    await refuse(given);
    await refuse(given);
    expect(snapshots).toHaveLength(0);
    socket().hangUp(1006);
    expect(snapshots).toHaveLength(1);
    const asOf = Date.now();
    expect(works.mock.calls).toEqual([[{ way: 'polling', at: asOf }]]);
    await vi.advanceTimersByTimeAsync(300);
    await answer(order(1, 1), order(2, 1));
    expect(client.state).toEqual({ phase: 'polling', since: asOf });
    expect(client.way).toBe('polling');
    await vi.advanceTimersByTimeAsync(4_900);
    expect(snapshots).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(snapshots).toHaveLength(2);
    await answer(order(1, 2, 'confirmed'), order(2, 1));
    expect(client.store.get(orderId(1))?.version).toBe(2);
    expect(client.counters.snapshots).toBe(1);

    const before = sockets.length;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(sockets.length).toBeGreaterThan(before);
    socket().hangUp(1006);
    expect(client.state.phase).toBe('polling');
    expect(states.filter((phase) => phase === 'live')).toEqual([]);
    client.stop();
  });

  it('is live again as soon as an attempt succeeds, and drops the poll that is being read', async () => {
    const given = await openRefused({ fallback: { way: 'polling', at: Date.now() } });
    const { client, socket, snapshots, answer, settle } = given;
    await answer(order(1, 1));
    expect(client.state.phase).toBe('polling');
    await vi.advanceTimersByTimeAsync(5_000);
    socket().welcome('e:10');
    expect(snapshots).toHaveLength(3);
    socket().say(change(11, 1, 3, 'preparing'), change(12, 2, 1));
    snapshots[1]?.resolve([]);
    await settle();
    expect(client.store.size).toBe(1);
    await answer(order(1, 2, 'confirmed'));
    expect([client.state.phase, client.store.size, client.store.get(orderId(1))?.version]).toEqual(['live', 2, 3]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(snapshots).toHaveLength(3);
    client.stop();
  });

  it('asks for what came since its position, also after polls', async () => {
    const given = await openRefused();
    const { client, socket, answer, snapshots } = given;
    socket().welcome('e:10');
    await answer(order(1, 1));
    socket().say(change(11, 1, 2, 'confirmed'));
    for (let attempt = 0; attempt < 4; attempt += 1) await refuse(given);
    await answer(order(1, 3, 'preparing'));
    expect(client.state.phase).toBe('polling');
    expect(socket().url.searchParams.get('since')).toBe('e:11');
    socket().welcome('e:13', true);
    socket().say(change(12, 1, 3, 'preparing'), change(13, 1, 4, 'shipped'));
    expect(client.state).toEqual({ phase: 'live' });
    expect(client.store.get(orderId(1))?.version).toBe(4);
    expect(snapshots).toHaveLength(2);
    client.stop();
  });

  it('does not pass for up to date while polls fail, and tries them again after growing delays', async () => {
    const given = await openRefused({ fallback: { way: 'polling', at: Date.now() } });
    const { client, snapshots, answer, settle } = given;
    const asOf = Date.now();
    await answer(order(1, 1));
    await vi.advanceTimersByTimeAsync(5_000);
    snapshots[1]?.reject(new Error('502'));
    await settle();
    expect(client.state).toMatchObject({ phase: 'reconnecting', since: asOf });
    await vi.advanceTimersByTimeAsync(500);
    snapshots[2]?.reject(new Error('502'));
    await vi.advanceTimersByTimeAsync(900);
    expect(snapshots).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(100);
    await answer(order(1, 2, 'confirmed'));
    expect(client.state.phase).toBe('polling');
    client.stop();
  });

  it('polls where a proxy holds back what follows on the first frame', async () => {
    const given = await openRefused();
    const { client, sockets, socket, answer } = given;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(sockets).toHaveLength(attempt);
      socket().welcome('e:10');
      await answer(order(1, 1));
      await vi.advanceTimersByTimeAsync(13_100);
    }
    await answer(order(1, 2, 'confirmed'));
    expect(client.state.phase).toBe('polling');
    expect(sockets).toHaveLength(3);
    client.stop();
  });

  it('keeps final orders that a poll does not list, and loses none that a page has just placed', async () => {
    const given = await openRefused({ fallback: { way: 'polling', at: Date.now() } });
    const { client, snapshots, answer } = given;
    await answer(order(1, 1), order(2, 1));
    client.put([order(3, 5, 'delivered')]);
    await vi.advanceTimersByTimeAsync(5_000);
    client.put([order(4, 1)]);
    await answer(order(1, 1), order(2, 1));
    expect(snapshots).toHaveLength(3);
    await answer(order(1, 1), order(4, 1));
    client.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(snapshots).toHaveLength(4);
    expect([...client.store.values()].map(({ id }) => id)).toEqual([orderId(1), orderId(3), orderId(4)]);
    client.stop();
  });

  it('ends with its session', async () => {
    const { client, snapshots, settle } = await openRefused({ fallback: { way: 'polling', at: Date.now() } });
    snapshots[0]?.reject(new SessionEndedError());
    await settle();
    expect(client.state).toEqual({ phase: 'ended', reason: 'session_ended' });
  });

  it('does not poll where the gateway itself is away, which grants no tickets', async () => {
    const { client, url, settle, snapshots } = setUp({ pollEvery });
    url.mockRejectedValue(new Error('502'));
    client.start();
    await settle();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(snapshots).toHaveLength(0);
    expect(client.state.phase).toBe('reconnecting');
    client.stop();
  });
});
