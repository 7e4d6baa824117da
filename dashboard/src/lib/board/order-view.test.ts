import { sorts } from '../feed/order-sorts.ts';
import { makeOrder } from '../testing/orders.ts';
import { describe, expect, it } from 'vitest';
import { countMissing, matcher, pick, reachesFinal, readView, type View, writeView } from './order-view.ts';

const orders = [
  makeOrder({ id: 'c', number: 1043, due_at: '2026-03-14T12:00:00.000Z' }),
  makeOrder({ id: 'b', number: 1042, status: 'delivered', customer_name: 'Sofía Álvarez' }),
  makeOrder({ id: 'a', number: 1041, status: 'confirmed', due_at: '2026-03-14T11:00:00.000Z' }),
];
const look = { userId: 'sam', now: Date.parse('2026-03-14T11:59:00.000Z') };
const view = (given: Partial<View>): View => ({
  filter: 'open',
  queue: null,
  query: '',
  sort: '-number',
  layout: 'table',
  ...given,
});
const ids = (given: typeof orders) => given.map((order) => order.id).join('');

describe('the view of the board', () => {
  it('narrows to a filter and keeps the order of the list', () => {
    expect(ids(pick(orders, view({ filter: 'open' }), look))).toBe('ca');
    expect(ids(pick(orders, view({ filter: 'delivered' }), look))).toBe('b');
    expect(ids(pick(orders, view({ filter: 'all' }), look))).toBe('cba');
  });

  it('keeps what is held, whatever its status has become, but not what a search does not find', () => {
    expect(ids(pick(orders, view({ filter: 'pending' }), look, new Set(['b'])))).toBe('cb');
    expect(ids(pick(orders, view({ filter: 'pending', query: '1043' }), look, new Set(['b'])))).toBe('c');
  });

  it('narrows to a queue, of which final orders are never part', () => {
    const mine = { ...orders[1], assigned_to: 'sam' };
    const all = [orders[0], mine, { ...orders[2], assigned_to: 'sam' }].flatMap((order) =>
      order ? [makeOrder({ id: '', ...order })] : [],
    );
    const of = (queue: View['queue']) => ids(pick(all, view({ filter: 'all', queue }), look));
    expect([of('late'), of('soon'), of('new'), of('mine'), of('unassigned')]).toEqual(['a', 'c', 'c', 'a', 'c']);
  });

  it('counts what is wanted and not shown', () => {
    expect(countMissing(orders, orders.slice(1))).toBe(1);
  });

  it('finds by number and by a part of the name', () => {
    expect(ids(pick(orders, view({ filter: 'all', query: ' #1042 ' }), look))).toBe('b');
    expect(ids(pick(orders, view({ filter: 'all', query: 'álv' }), look))).toBe('b');
    expect(matcher('41')(makeOrder({ id: 'a', number: 1041 }))).toBe(false);
  });

  it('finds by products and the note, and only what has every word', () => {
    const items = [{ id: 'i', product_id: 'p', name: 'Enamel mug', quantity: 1, price: 1 }];
    const order = makeOrder({ id: 'a', customer_name: 'Lucía Xu', note: 'Ring twice', items });
    for (const found of ['enamel', 'xu MUG', 'twice lucia', 'mu']) expect(matcher(found)(order)).toBe(true);
    for (const other of ['enamel plate', 'u', 'wice xi']) expect(matcher(other)(order)).toBe(false);
  });

  it.each([
    ['lucia', 'Lucía Ferrer'],
    ['CHLOE', 'Chloé Martin'],
    ['Chloe\u0301', 'Chloé Martin'],
    ['yilmaz', 'Deniz Yılmaz'],
    ['zielinski', 'Anna Zieliński'],
  ])('finds by %s the order of %s, whatever accents are typed', (query, customer_name) => {
    expect(matcher(query)(makeOrder({ id: 'a', customer_name }))).toBe(true);
    expect(matcher(`${query}!`)(makeOrder({ id: 'a', customer_name }))).toBe(false);
  });

  it('survives a trip through the address', () => {
    const shown = {
      filter: 'shipped',
      queue: 'mine',
      query: 'O’Connor & sons',
      sort: '-number',
      layout: 'columns',
    } as const;
    expect(readView(new URLSearchParams(writeView(shown)))).toEqual(shown);
    expect(writeView(readView(new URLSearchParams('status=lost&sort=odd')))).toBe('');
  });

  it('is sorted by a column of the address, or by what old addresses call newest', () => {
    for (const sort of sorts) expect(readView(new URLSearchParams(writeView(view({ sort }))))).toEqual(view({ sort }));
    expect(writeView(readView(new URLSearchParams('sort=newest')))).toBe('sort=-number');
  });

  it('knows which filters have more on the server than is loaded', () => {
    expect(reachesFinal('open')).toBe(false);
    expect(reachesFinal('cancelled')).toBe(true);
    expect(reachesFinal('all')).toBe(true);
  });
});
