import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readOrderSnapshot } from './order-snapshot.ts';
import { makeOrder, orderId } from '../testing/orders.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const order = (n: number, version: number, status: Order['status']) => makeOrder({ id: orderId(n), version, status });

/** Stands for the network: lists `listed` by status, and has `others` besides. Answers what was asked for by id. */
const serve = (listed: Order[], others: Order[] = []): string[] => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    const url = new URL(path, 'http://dashboard');
    const status = url.searchParams.get('status')?.split(',');
    if (status) {
      const data = listed.filter((item) => status.includes(item.status));
      return Response.json({ data, next_cursor: status.includes('delivered') ? 'older' : null });
    }
    const id = url.pathname.split('/').at(-1) ?? '';
    asked.push(id);
    const found = [...listed, ...others].find((item) => item.id === id);
    if (found) return Response.json(found);
    const missing = { type: 'about:blank', title: 'Not Found', status: 404, detail: '', code: 'not_found' };
    return Response.json(missing, { status: 404 });
  });
  return asked;
};
const { signal } = new AbortController();

describe('the snapshot of the dashboard', () => {
  test('has a watched order that is neither open nor among the newest final ones', async () => {
    serve([order(1, 1, 'pending'), order(2, 4, 'delivered')], [order(3, 4, 'delivered')]);
    const { orders, olderFinal } = await readOrderSnapshot(new Set([orderId(3)]), signal);
    expect(orders.map(({ id }) => id)).toEqual([orderId(1), orderId(2), orderId(3)]);
    expect(orders[2]).toMatchObject({ version: 4, status: 'delivered' });
    expect(olderFinal).toBe('older');
  });

  test('asks for no watched order that is listed anyway', async () => {
    const asked = serve([order(1, 2, 'shipped')]);
    const { orders } = await readOrderSnapshot(new Set([orderId(1)]), signal);
    expect(orders).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  test('is complete without a watched order that is gone', async () => {
    const asked = serve([order(1, 2, 'shipped')]);
    const { orders } = await readOrderSnapshot(new Set([orderId(9)]), signal);
    expect(orders).toHaveLength(1);
    expect(asked).toEqual([orderId(9)]);
  });
});
