import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { change, order, resync, setUp, welcome } from '../testing/live-client.ts';
import { SessionEndedError } from './state.ts';
import { orderId } from '../testing/orders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LiveClient, coming up', () => {
  it('learns its position first, then reads the snapshot, then applies what came meanwhile', async () => {
    const { client, socket, snapshots, settle, answer, changes, states } = setUp();
    client.start();
    await settle();
    expect(snapshots).toHaveLength(0);
    socket().welcome('e:10');
    expect(snapshots).toHaveLength(1);
    socket().say(change(11, 1, 2, 'confirmed'), change(12, 2, 1));
    expect(client.store.size).toBe(0);
    expect(client.position).toBeNull();
    await answer(order(1, 1));
    expect(changes.map((item) => [item.kind, item.order.id.at(-1), item.order.version])).toEqual([
      ['applied', '1', 1],
      ['applied', '1', 2],
      ['applied', '2', 1],
    ]);
    expect(client.position).toEqual({ epoch: 'e', seq: 12 });
    expect(states).toEqual(['connecting', 'live']);
  });

  it('applies a change once that is both in the snapshot and in the stream', async () => {
    const { client, socket, settle, answer } = setUp();
    client.start();
    await settle();
    socket().welcome('e:10');
    socket().say(change(11, 1, 2, 'confirmed'));
    await answer(order(1, 2, 'confirmed'));
    expect(client.counters).toMatchObject({ applied: 1, ignored: 1 });
  });

  it('takes the resync that follows an unrecovered welcome for the same snapshot', async () => {
    const { client, socket, settle, snapshots } = setUp();
    client.start();
    await settle();
    socket().welcome('e:10');
    socket().resync('e:10');
    expect(snapshots).toHaveLength(1);
    socket().resync('e:15');
    expect(snapshots).toHaveLength(2);
  });

  it('reads the snapshot again when it fails', async () => {
    const { client, socket, settle, snapshots, answer } = setUp();
    client.start();
    await settle();
    socket().welcome('e:10');
    snapshots[0]?.reject(new Error('502'));
    await settle();
    expect(client.state.phase).toBe('resyncing');
    await vi.advanceTimersByTimeAsync(500);
    await answer(order(1, 1));
    expect(client.state.phase).toBe('live');
    expect(client.store.size).toBe(1);
  });
});

describe('LiveClient, after a lost link', () => {
  it('resumes from the last applied position and needs no snapshot when recovered', async () => {
    const { client, socket, sockets, goLive, snapshots, states } = setUp();
    await goLive('e:10', order(1, 1));
    socket().say(change(11, 1, 2, 'confirmed'));
    socket().hangUp(1006);
    expect(client.state).toMatchObject({ phase: 'reconnecting', attempt: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets).toHaveLength(2);
    expect(socket().url.searchParams.get('since')).toBe('e:11');
    expect(socket().url.searchParams.get('ticket')).toBe('t');
    socket().welcome('e:13', true);
    expect(client.position).toEqual({ epoch: 'e', seq: 11 });
    socket().say(change(12, 1, 3, 'preparing'), change(13, 2, 1));
    expect(client.position).toEqual({ epoch: 'e', seq: 13 });
    expect(snapshots).toHaveLength(1);
    expect(states.at(-1)).toBe('live');
  });

  it('reads the snapshot when it was not recovered, and drops orders that are no longer listed', async () => {
    const { client, socket, goLive, answer, changes, states } = setUp();
    await goLive('e:10', order(1, 1), order(2, 4, 'shipped'), order(3, 5, 'delivered'));
    socket().hangUp(1006);
    await vi.advanceTimersByTimeAsync(500);
    socket().welcome('f:2');
    socket().resync('f:2');
    expect(client.state.phase).toBe('resyncing');
    await answer(order(1, 3, 'preparing'));
    expect(client.store.get(orderId(1))?.version).toBe(3);
    expect(client.store.get(orderId(2))).toBeUndefined();
    expect(client.store.get(orderId(3))).toBeUndefined();
    const removed = changes.filter(({ kind }) => kind === 'removed').map((item) => item.order.id);
    expect(removed).toEqual([orderId(2), orderId(3)]);
    expect(client.position).toEqual({ epoch: 'f', seq: 2 });
    expect(states.at(-1)).toBe('live');
  });

  it('does not resume from a position whose snapshot never came', async () => {
    const { client, socket, settle } = setUp();
    client.start();
    await settle();
    socket().welcome('e:10');
    socket().say(change(11, 1, 1));
    socket().hangUp(1006);
    await vi.advanceTimersByTimeAsync(500);
    expect(socket().url.searchParams.has('since')).toBe(false);
  });

  it('ignores a snapshot of the link before', async () => {
    const { client, socket, settle, snapshots, answer } = setUp();
    client.start();
    await settle();
    socket().welcome('e:10');
    socket().hangUp(1006);
    await vi.advanceTimersByTimeAsync(500);
    socket().welcome('e:20');
    snapshots[0]?.resolve([order(9, 1)]);
    await settle();
    expect(client.store.size).toBe(0);
    await answer(order(1, 1));
    expect(client.store.size).toBe(1);
  });

  it('waits longer with each attempt, up to 15 s, and at once when woken', async () => {
    const { client, url, settle } = setUp();
    url.mockRejectedValue(new Error('down'));
    client.start();
    await settle();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      if (client.state.phase !== 'reconnecting' || client.state.retryAt === null) throw new Error('not waiting');
      waits.push(client.state.retryAt - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    const asked = url.mock.calls.length;
    client.wake();
    expect(url.mock.calls.length).toBe(asked + 1);
  });

  it('takes a silent link for lost after 12 s', async () => {
    const { client, socket, sockets, goLive } = setUp();
    await goLive();
    await vi.advanceTimersByTimeAsync(5000);
    socket().beat('e:10');
    await vi.advanceTimersByTimeAsync(12_000);
    expect(client.state.phase).toBe('stale');
    const silent = socket();
    await vi.advanceTimersByTimeAsync(2000);
    expect(silent.closed).toBe(true);
    expect(sockets).toHaveLength(2);
    expect(client.state.phase).toBe('reconnecting');
  });

  it('gives up an attempt that leads nowhere', async () => {
    const { client, sockets, settle } = setUp();
    client.start();
    await settle();
    await vi.advanceTimersByTimeAsync(10_500);
    expect(sockets.length).toBeGreaterThan(1);
    expect(sockets[0]?.closed).toBe(true);
  });
});

describe('LiveClient, what the server says', () => {
  it('follows the position of the beats, and resyncs when their epoch is another', async () => {
    const { client, socket, goLive, snapshots } = setUp();
    await goLive('e:10');
    socket().beat('e:25');
    expect(client.position).toEqual({ epoch: 'e', seq: 25 });
    socket().beat('f:1');
    expect(client.state.phase).toBe('resyncing');
    expect(snapshots).toHaveLength(2);
  });

  it('is stale while the gateway is cut off from its events', async () => {
    const { client, socket, goLive } = setUp();
    await goLive();
    socket().beat('e:10', false);
    expect(client.state.phase).toBe('stale');
    socket().beat('e:10', true);
    expect(client.state.phase).toBe('live');
  });

  it('renews the ticket at once when the token has expired', async () => {
    const { socket, sockets, goLive, url } = setUp();
    await goLive();
    socket().hangUp(4001);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets).toHaveLength(2);
    expect(url).toHaveBeenCalledTimes(2);
  });

  it('ends with its session, on the socket or at the ticket', async () => {
    const first = setUp();
    await first.goLive();
    first.socket().hangUp(4002);
    expect(first.client.state).toEqual({ phase: 'ended', reason: 'session_ended' });
    const second = setUp();
    second.url.mockRejectedValue(new SessionEndedError());
    second.client.start();
    await second.settle();
    expect(second.client.state).toEqual({ phase: 'ended', reason: 'session_ended' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not come back after a close that says so, and can be started again', async () => {
    const { client, socket, sockets, goLive, settle } = setUp();
    await goLive();
    socket().hangUp(1007);
    expect(client.state).toEqual({ phase: 'ended', reason: 'refused' });
    client.start();
    await settle();
    expect(sockets).toHaveLength(2);
    client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves out events that it does not know, and starts over after a frame that it cannot read', async () => {
    const { client, socket, goLive } = setUp();
    await goLive('e:10');
    socket().say({ event: 'confetti', seq: 11 }, change(12, 1, 1));
    expect(client.store.size).toBe(1);
    socket().say({ event: 'new_order', seq: 13, data: {} });
    expect(client.state.phase).toBe('reconnecting');
    expect(client.position).toBeNull();
  });

  it('counts what a slow reader was spared, and takes a jump of versions', async () => {
    const { client, socket, goLive } = setUp();
    await goLive('e:10', order(1, 1));
    socket().say({ event: 'skipped', seq: 14, data: { count: 2 } }, change(14, 1, 4, 'shipped'));
    expect(client.store.get(orderId(1))?.version).toBe(4);
    expect(client.counters).toMatchObject({ merged: 2, skipped: 2 });
    expect(client.position).toEqual({ epoch: 'e', seq: 14 });
  });

  it('waits its part of the spread before it reads the snapshot, and says that it is behind', async () => {
    const { client, socket, goLive, snapshots, answer } = setUp();
    await goLive('e:10');
    socket().say(resync('f:1', 2000));
    expect(client.state.phase).toBe('resyncing');
    await vi.advanceTimersByTimeAsync(1999);
    expect(snapshots).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(snapshots).toHaveLength(2);
    await answer(order(1, 1));
    expect(client.state.phase).toBe('live');
    socket().hangUp(1006);
    await vi.advanceTimersByTimeAsync(500);
    socket().say(welcome('g:1'), resync('g:1', 1000));
    expect(snapshots).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(snapshots).toHaveLength(3);
    client.stop();
  });

  it('keeps what a page put in unless the stream knows better', async () => {
    const { client, socket, goLive, changes } = setUp();
    await goLive('e:10', order(1, 1));
    client.put([order(1, 2, 'confirmed')]);
    socket().say(change(11, 1, 2, 'confirmed'));
    expect(changes.filter((item) => item.kind === 'applied').map((item) => item.via)).toEqual(['snapshot', 'rest']);
    expect(client.counters.ignored).toBe(1);
  });
});
