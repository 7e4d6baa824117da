import { orderStatuses, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderStore } from './order-store.ts';
import { makeOrder } from '../testing/orders.ts';

const deliver = (id: string, version: number, updatedAt: string): Order =>
  makeOrder({ id, version, status: 'delivered', updated_at: updatedAt });

describe('OrderStore', () => {
  it('takes a higher version and ignores the same and lower ones', () => {
    const store = new OrderStore();
    expect(store.upsert(makeOrder({ id: 'a', version: 2 }))).toBe(true);
    expect(store.upsert(makeOrder({ id: 'a', version: 2, note: 'again' }))).toBe(false);
    expect(store.upsert(makeOrder({ id: 'a', version: 1 }))).toBe(false);
    expect(store.upsert(makeOrder({ id: 'a', version: 3, status: 'confirmed' }))).toBe(true);
    expect(store.get('a')?.status).toBe('confirmed');
    expect(store.size).toBe(1);
  });

  it('gives up the longest unchanged final orders when it is full, never an open one', () => {
    const store = new OrderStore(4);
    store.upsert(makeOrder({ id: 'open', version: 1, updated_at: '2020-01-01T00:00:00.000Z' }));
    for (const day of ['04', '02', '03', '05']) store.upsert(deliver(`d${day}`, 5, `2026-01-${day}T00:00:00.000Z`));
    expect([...store.values()].map((order) => order.id).sort()).toEqual(['d04', 'd05', 'open']);
    const crowd = new OrderStore(2);
    for (const id of ['a', 'b', 'c', 'd']) crowd.upsert(makeOrder({ id, version: 1 }));
    expect(crowd.size).toBe(4);
  });

  it('lets no late duplicate bring a given-up order back in an earlier state', () => {
    const store = new OrderStore();
    store.upsert(deliver('a', 5, '2026-01-01T00:00:00.000Z'));
    expect(store.retain(() => false).map((order) => order.id)).toEqual(['a']);
    expect(store.upsert(makeOrder({ id: 'a', version: 3, status: 'preparing' }))).toBe(false);
    expect(store.size).toBe(0);
    expect(store.upsert(deliver('a', 5, '2026-01-01T00:00:00.000Z'))).toBe(true);
  });

  it('remembers the highest version of each order, given up or not', () => {
    const store = new OrderStore();
    expect(store.seen('a')).toBe(0);
    store.upsert(makeOrder({ id: 'a', version: 3 }));
    expect(store.seen('a')).toBe(3);
    store.retain(() => false);
    expect(store.seen('a')).toBe(3);
  });

  it('never gives up a watched order for want of room', () => {
    const store = new OrderStore(2);
    store.watched.add('old');
    store.upsert(deliver('old', 5, '2020-01-01T00:00:00.000Z'));
    for (const day of ['02', '03', '04']) store.upsert(deliver(`d${day}`, 5, `2026-01-${day}T00:00:00.000Z`));
    expect(store.get('old')?.version).toBe(5);
  });

  it('gives what was asked for room of its own, and counts what it gives up', () => {
    const store = new OrderStore(4);
    for (const day of ['01', '02', '03']) {
      store.kept.add(`old${day}`);
      store.upsert(deliver(`old${day}`, 5, `2020-01-${day}T00:00:00.000Z`));
    }
    for (const day of ['02', '03', '04', '05']) store.upsert(deliver(`d${day}`, 5, `2026-01-${day}T00:00:00.000Z`));
    expect(store.size).toBe(7);
    expect(store.crowdedOut).toBe(0);
    store.upsert(makeOrder({ id: 'new' }));
    const ids = [...store.values()].map((order) => order.id).sort();
    expect(ids).toEqual(['d04', 'd05', 'new', 'old01', 'old02', 'old03']);
    expect(store.crowdedOut).toBe(2);
    store.release();
    expect([...store.values()].map((order) => order.id).sort()).toEqual(['d04', 'd05', 'new']);
    expect(store.crowdedOut).toBe(5);
  });

  it('does not search all orders at each one when there are more open ones than it has room for', () => {
    let looks = 0;
    const countLooks = (order: Order): Order =>
      Object.defineProperty(order, 'status', {
        get: () => {
          looks += 1;
          return 'pending';
        },
      });
    const store = new OrderStore(10);
    for (let n = 0; n < 500; n += 1) store.upsert(countLooks(makeOrder({ id: `o${n}` })));
    expect(store.size).toBe(500);
    expect(looks).toBeLessThanOrEqual(1000);
  });

  it('ends with the highest version of each order, whatever the order and the repetitions of what comes in', () => {
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      version: fc.integer({ min: 1, max: 8 }),
      status: fc.constantFrom<OrderStatus>(...orderStatuses),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const store = new OrderStore();
        const highest = new Map<string, number>();
        let applied = 0;
        for (const { id, version, status } of changes) {
          const fresh = version > (highest.get(id) ?? 0);
          expect(store.upsert(makeOrder({ id, version, status }))).toBe(fresh);
          if (!fresh) continue;
          applied += 1;
          highest.set(id, version);
        }
        expect(applied).toBeLessThanOrEqual(changes.length);
        expect(new Map([...store.values()].map((order) => [order.id, order.version]))).toEqual(highest);
      }),
    );
  });
});
