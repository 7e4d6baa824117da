import { makeOrder } from '../testing/orders.ts';
import { describe, expect, it } from 'vitest';
import { arrange, countByStatus, matchesQuery, reachesFinal, readView, writeView } from './order-view.ts';

const orders = [
  makeOrder({ id: 'c', number: 1043, due_at: '2026-03-14T12:00:00.000Z' }),
  makeOrder({ id: 'b', number: 1042, status: 'delivered', customer_name: 'Sofía Álvarez' }),
  makeOrder({ id: 'a', number: 1041, status: 'confirmed', due_at: '2026-03-14T11:00:00.000Z' }),
];
const ids = (given: typeof orders) => given.map((order) => order.id).join('');

describe('the view of the board', () => {
  it('narrows to a filter and keeps the newest first', () => {
    expect(ids(arrange(orders, 'open', '', 'newest'))).toBe('ca');
    expect(ids(arrange(orders, 'delivered', '', 'newest'))).toBe('b');
    expect(ids(arrange(orders, 'all', '', 'newest'))).toBe('cba');
  });

  it('puts what is due first, and what is never due last', () => {
    expect(ids(arrange(orders, 'all', '', 'due'))).toBe('acb');
  });

  it('finds by number and by a part of the name', () => {
    expect(ids(arrange(orders, 'all', ' #1042 ', 'newest'))).toBe('b');
    expect(ids(arrange(orders, 'all', 'álv', 'newest'))).toBe('b');
    expect(matchesQuery(makeOrder({ id: 'a', number: 1041 }), '41')).toBe(false);
  });

  it('survives a trip through the address', () => {
    const view = { filter: 'shipped', query: 'O’Connor & sons', sort: 'due' } as const;
    expect(readView(new URLSearchParams(writeView(view)))).toEqual(view);
    expect(writeView(readView(new URLSearchParams('status=lost&sort=odd')))).toBe('');
  });

  it('knows which filters have more on the server than is loaded', () => {
    expect(reachesFinal('open')).toBe(false);
    expect(reachesFinal('cancelled')).toBe(true);
    expect(reachesFinal('all')).toBe(true);
  });

  it('counts by status', () => {
    expect(countByStatus(orders)).toMatchObject({ pending: 1, confirmed: 1, delivered: 1, cancelled: 0 });
  });
});
