import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { change, order, setUp } from '../testing/live-client.ts';
import { makeOrder, orderId } from '../testing/orders.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that has this of the orders; null for those that it does not know. */
const serverWith = (...orders: Order[]) => vi.fn(async (id: string) => orders.find((one) => one.id === id) ?? null);

describe('an event of an order that the client does not hold', () => {
  test('is read by REST before it is shown, since it may be an old one that was sent again', async () => {
    const confirm = serverWith(order(1, 7, 'delivered'));
    const { client, goLive, socket, settle, snapshots } = setUp({ confirm });
    await goLive('e:10', order(99, 1));
    socket().say(change(11, 1, 3, 'preparing'), change(12, 1, 4, 'shipped'));
    expect(client.store.get(orderId(1))).toBeUndefined();
    await settle();
    expect(client.store.get(orderId(1))).toMatchObject({ version: 7, status: 'delivered' });
    expect(confirm).toHaveBeenCalledTimes(1);
    expect(snapshots).toHaveLength(1);
    expect(client.state.phase).toBe('live');
  });

  test('is not shown when the server knows no such order', async () => {
    const { client, goLive, socket, settle } = setUp({ confirm: serverWith() });
    await goLive('e:10', order(99, 1));
    socket().say(change(11, 1, 3));
    await settle();
    expect(client.store.size).toBe(1);
    expect(client.position).toEqual({ epoch: 'e', seq: 11 });
  });

  test('is taken as it is when it begins the order', async () => {
    const confirm = serverWith();
    const { client, goLive, socket } = setUp({ confirm });
    await goLive('e:10', order(99, 1));
    socket().say(change(11, 1, 1));
    expect(client.store.get(orderId(1))?.version).toBe(1);
    expect(confirm).not.toHaveBeenCalled();
  });

  test('is confirmed when it begins an order placed before others that the snapshot lists', async () => {
    const { client, goLive, socket, settle } = setUp({ confirm: serverWith(order(1, 6, 'cancelled')) });
    await goLive('e:10', makeOrder({ id: orderId(2), created_at: '2026-03-15T00:00:00.000Z' }));
    socket().say(change(11, 1, 1));
    expect(client.store.get(orderId(1))).toBeUndefined();
    await settle();
    expect(client.store.get(orderId(1))?.status).toBe('cancelled');
  });

  test('is ignored below the version that was given up, and confirmed at that version', async () => {
    const confirm = serverWith(order(1, 7, 'delivered'));
    const { client, goLive, socket, settle, answer } = setUp({ confirm });
    await goLive('e:10', order(1, 3, 'shipped'));
    socket().resync('e:20');
    await answer();
    socket().say(change(21, 1, 2, 'confirmed'));
    await settle();
    expect(confirm).not.toHaveBeenCalled();
    socket().say(change(22, 1, 3, 'shipped'));
    expect(client.store.size).toBe(0);
    await settle();
    expect(client.store.get(orderId(1))?.version).toBe(7);
  });

  test('brings back what a page put in while a snapshot was read that began too early to list it', async () => {
    const { client, goLive, socket, settle, answer } = setUp({ confirm: serverWith(order(1, 1)) });
    await goLive('e:10', order(99, 1));
    socket().resync('e:20');
    client.put([order(1, 1)]);
    socket().say(change(21, 1, 1));
    await answer();
    await settle();
    expect(client.store.get(orderId(1))?.version).toBe(1);
  });

  test('costs a snapshot when it can’t be confirmed, or there are many', async () => {
    const failing = setUp({ confirm: () => Promise.reject(new Error('502')) });
    const crowded = setUp({ confirm: serverWith() });
    const plain = setUp();
    const many = Array.from({ length: 21 }, (_, n) => change(11 + n, n, 2));
    for (const { client, goLive, socket, settle, snapshots, answer } of [failing, crowded, plain]) {
      await goLive('e:10', order(99, 1));
      socket().say(...(client === crowded.client ? many : many.slice(0, 1)));
      await settle();
      expect(client.state.phase).toBe('resyncing');
      expect(snapshots).toHaveLength(2);
      await answer(order(1, 2));
      expect(client.state.phase).toBe('live');
      expect(client.store.size).toBe(1);
      client.stop();
    }
  });

  test('is taken as it is when the order was placed after the snapshot, and its beginning left out', async () => {
    const confirm = serverWith();
    const { client, goLive, socket } = setUp({ confirm });
    await goLive('e:10', makeOrder({ id: orderId(2), created_at: '2020-01-01T00:00:00.000Z' }));
    socket().say({ event: 'skipped', seq: 14, data: { count: 1 } }, change(14, 1, 2, 'confirmed'));
    expect(client.store.get(orderId(1))?.version).toBe(2);
    expect(confirm).not.toHaveBeenCalled();
  });

  test('is passed over when it came during a snapshot that lists the order no more, final by then', async () => {
    const confirm = serverWith();
    const { client, goLive, socket, answer, snapshots } = setUp({ confirm });
    await goLive('e:10', order(99, 1), ...Array.from({ length: 30 }, (_, n) => order(n, 3, 'preparing')));
    socket().resync('e:20');
    for (let n = 0; n < 30; n += 1)
      socket().say(change(21 + 2 * n, n, 4, 'shipped'), change(22 + 2 * n, n, 5, 'delivered'));
    await answer(order(99, 1));
    expect(client.state.phase).toBe('live');
    expect(client.store.size).toBe(1);
    expect(snapshots).toHaveLength(2);
    expect(confirm).not.toHaveBeenCalled();
  });

  test('is confirmed when the order was placed and became final during a snapshot that lists a later one', async () => {
    const { client, goLive, socket, settle, answer } = setUp({ confirm: serverWith(order(1, 2, 'cancelled')) });
    await goLive('e:10');
    socket().resync('e:20');
    socket().say(change(21, 1, 1), change(22, 1, 2, 'cancelled'));
    await answer(makeOrder({ id: orderId(2), created_at: '2026-03-15T00:00:00.000Z' }));
    await settle();
    expect(client.store.get(orderId(1))?.status).toBe('cancelled');
  });

  test('is not passed over when the link is lost before it was confirmed', async () => {
    const confirm = vi.fn(() => new Promise<Order>(() => undefined));
    const { client, goLive, socket } = setUp({ confirm });
    await goLive('e:10', order(99, 1));
    socket().say(change(11, 1, 3));
    socket().hangUp(1006);
    expect(client.position).toBeNull();
    await vi.advanceTimersByTimeAsync(500);
    expect(socket().url.searchParams.has('since')).toBe(false);
    client.stop();
  });
});
