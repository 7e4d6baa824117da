import { calls } from '@live-orders/contracts/rest/calls.ts';
import { describe, expect } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let admin: Api;
let staff: Api;
let customer: Api;
let productId: string;

const path = '/orders/api/orders';

test.beforeAll(({ shop }) => {
  ({ admin, staff, customer } = shop);
  productId = shop.products[0].id;
});

const line = (quantity: number, id: string) => ({ product_id: id, quantity });
const stockOf = async (id: string): Promise<number> => (await staff.call(calls.getProduct, { id })).stock;

describe('a product', () => {
  test('is created, changed by version, sold, adjusted and archived; its movements add up to its stock', async () => {
    const socket = await Socket.open(customer);
    const wanted = { name: 'Test lamp', description: 'Bright', price: 1999, stock: 12, low_stock_threshold: 10 };
    const created = await admin.call(calls.createProduct, { body: wanted });
    const own = `/orders/api/products/${created.id}`;
    expect(created).toMatchObject({ ...wanted, currency: 'USD', archived: false });
    const stale = await admin.send('PATCH', own, { body: { price: 2099 }, headers: { 'if-match': '"99"' } });
    expect(stale).toMatchObject({ status: 412, body: { current: { id: created.id } } });
    const changed = await admin.call(calls.changeProduct, { id: created.id, body: { price: 2099 } });
    expect(changed).toMatchObject({ price: 2099, version: created.version + 1 });
    const placed = await customer.placeOrder([line(5, created.id)]);
    expect(placed.total_amount).toBe(5 * 2099);
    const low = await socket.next('product_update', ({ data }) => data.id === created.id && data.stock === 7);
    expect(low.data.stock).toBeLessThanOrEqual(low.data.low_stock_threshold);
    await admin.call(calls.adjustStock, { id: created.id, body: { change: -2, reason: 'broken' } });
    await customer.move(placed.id, 'cancelled');
    const { data } = await staff.call(calls.listStockMovements, { id: created.id });
    expect(data.map(({ kind, change }) => [kind, change])).toEqual([
      ['cancellation', 5],
      ['adjustment', -2],
      ['order', -5],
      ['adjustment', 12],
    ]);
    expect(await stockOf(created.id)).toBe(10);
    await admin.call(calls.archiveProduct, { id: created.id });
    expect(await customer.problem('POST', path, { items: [line(1, created.id)] })).toMatchObject({
      code: 'unknown_product',
      errors: [{ path: 'items.0.product_id', message: 'is no longer sold' }],
    });
    expect((await customer.products()).map(({ id }) => id)).not.toContain(created.id);
    await socket.close();
  });

  test('has a stock that is adjusted for the version that was seen, and once per key', async () => {
    const created = await admin.call(calls.createProduct, {
      body: {
        name: 'Counted',
        price: 5000,
        low_stock_threshold: 0,
      },
    });
    const stock = `/orders/api/products/${created.id}/stock`;
    const stale = await admin.send('POST', stock, { body: { change: 7 }, headers: { 'if-match': '"9"' } });
    expect(stale).toMatchObject({ status: 412, body: { current: { version: 1 } } });
    const key = { 'idempotency-key': crypto.randomUUID(), 'if-match': '"1"' };
    const [first, again] = [
      await admin.send('POST', stock, { body: { change: 7 }, headers: key }),
      await admin.send('POST', stock, { body: { change: 7 }, headers: key }),
    ];
    expect(first).toMatchObject({ status: 200, body: { stock: 7 } });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await stockOf(created.id)).toBe(7);
  });

  test('is not sold together with one of another currency', async () => {
    const wanted = { name: 'Euro thing', price: 5000, currency: 'EUR', stock: 5, low_stock_threshold: 0 };
    const { id } = await admin.call(calls.createProduct, { body: wanted });
    expect(await customer.problem('POST', path, { items: [line(1, productId), line(1, id)] })).toMatchObject({
      status: 422,
      errors: [{ path: 'items.1.product_id', message: 'is sold in EUR, the first line in USD' }],
    });
    expect((await customer.placeOrder([line(2, id)])).currency).toBe('EUR');
    expect(await stockOf(id)).toBe(3);
  });

  test('has a stock that stays countable', async ({ database }) => {
    const wanted = { name: 'Many pins', price: 100_000, stock: 1_000_000 };
    const { id } = await admin.call(calls.createProduct, { body: wanted });
    await database.query('UPDATE products SET stock = 999999999 WHERE id = $1', [id]);
    expect(await admin.problem('POST', `/orders/api/products/${id}/stock`, { change: 2 })).toMatchObject({
      status: 422,
      errors: [{ path: 'change' }],
    });
  });

  test('with a long name is no end of the list', async () => {
    const names = [`${'語'.repeat(199)}1`, `${'語'.repeat(199)}2`];
    for (const name of names) {
      await admin.call(calls.createProduct, {
        body: {
          name,
          price: 9_000,
          low_stock_threshold: 0,
          stock: 1,
        },
      });
    }
    const read = (cursor?: string) => staff.call(calls.listProducts, { query: { sort: '-name', limit: 1, cursor } });
    const first = await read();
    const second = await read(first.next_cursor ?? '');
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(names.toReversed());
  });

  test('is found by a part of its name, sorted, and by low stock; only administrators change it', async () => {
    const word = crypto.randomUUID();
    for (const [name, price, stock] of [
      [`Wok ${word}`, 3_000, 50],
      [`Pan ${word}`, 2_000, 10],
    ] as const)
      await admin.call(calls.createProduct, { body: { name, price, stock, low_stock_threshold: 10 } });
    const found = async (query: { sort?: string; limit?: number; low_stock?: boolean }) => {
      const page = await staff.call(calls.listProducts, { query: { q: word.toUpperCase(), ...query } });
      return page.data.map(({ price }) => price);
    };
    expect(await found({ sort: 'price' })).toEqual([2_000, 3_000]);
    expect(await found({ sort: '-price', limit: 1 })).toEqual([3_000]);
    expect(await found({ low_stock: true })).toEqual([2_000]);
    for (const api of [staff, customer]) {
      expect(await api.problem('POST', '/orders/api/products', { name: 'x', price: 1 })).toMatchObject({ status: 403 });
      expect(await api.problem('PATCH', `/orders/api/products/${productId}`, { price: 1 })).toMatchObject({
        status: 403,
      });
      expect(await api.problem('DELETE', `/orders/api/products/${productId}`)).toMatchObject({ status: 403 });
    }
    expect(await customer.problem('GET', `/orders/api/products/${productId}/stock-movements`)).toMatchObject({
      status: 403,
    });
  });
});
