import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type orderPage } from '@live-orders/contracts/rest/orders.ts';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { z } from 'zod';
import type { Api, OrderFilters } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let anybody: Api;
let admin: Api;
let staff: Api;
let customer: Api;
let productId: string;

const unknownId = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';
const ordersPath = '/orders/api/orders';

test.beforeAll(({ shop }) => {
  ({ system, anybody, admin, staff, customer } = shop);
  productId = shop.products[0].id;
});

const line = (quantity = 1, id = productId) => ({ product_id: id, quantity });

describe('a body that cannot be used', () => {
  test('a packed body answers 415 and names the encoding, before anything is made of it', async () => {
    const packed = gzipSync(JSON.stringify({ items: [line()] }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const direct = `http://127.0.0.1:${system.part('orders').port}/api/orders`;
    for (const url of [`${system.gatewayUrl}${ordersPath}`, direct]) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${customer.session?.access_token}` },
        body: packed,
      });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({
        code: 'unsupported_media_type',
        detail: expect.stringContaining('gzip') as string,
      });
    }
  });

  test('malformed JSON answers 400', async () => {
    expect(await customer.problem('POST', ordersPath, '{"items":')).toMatchObject({
      status: 400,
      code: 'malformed_request',
    });
  });

  test('another content type than JSON answers 415', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await customer.problem('POST', ordersPath, 'items=1', type)).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test('wrong fields answer 422 and name each of them', async () => {
    const body = { items: [line(0), { product_id: 'none', quantity: 1.5 }], colour: 'red' };
    const problem = await customer.problem('POST', ordersPath, body);
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual([
      'colour',
      'items.0.quantity',
      'items.1.product_id',
      'items.1.quantity',
    ]);
  });

  test.each<[string, () => unknown, string]>([
    ['no items', () => ({ items: [] }), 'items'],
    ['the same product twice', () => ({ items: [line(), line()] }), 'items'],
    ['no fields', () => ({}), 'items'],
    ['a note that is too long', () => ({ items: [line()], note: 'x'.repeat(501) }), 'note'],
    ['an array', () => [], ''],
  ])('%s answers 422', async (_what, body, path) => {
    const problem = await customer.problem('POST', ordersPath, body());
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ path }] });
  });

  test('more than 256 KiB answers 413, also when the length is not declared', async () => {
    const big = JSON.stringify({ items: [line()], note: 'x'.repeat(300_000) });
    expect(await customer.problem('POST', ordersPath, big)).toMatchObject({ status: 413, code: 'body_too_large' });
    const response = await fetch(`${system.gatewayUrl}${ordersPath}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${customer.session?.access_token ?? ''}`, 'content-type': 'application/json' },
      body: new Blob([big]).stream(),
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id');
    await response.body?.cancel();
  });
});

describe('an order that cannot be', () => {
  test('an unknown product answers 422 and names the line', async () => {
    expect(await customer.problem('POST', ordersPath, { items: [line(), line(1, unknownId)] })).toMatchObject({
      status: 422,
      code: 'unknown_product',
      errors: [{ path: 'items.1.product_id' }],
    });
  });

  test('too little stock answers 409, names the line and what is left, and takes nothing', async () => {
    const before = await customer.products();
    const [first, second] = before;
    const body = { items: [line(1, first?.id), line(1000, second?.id)] };
    expect(await customer.problem('POST', ordersPath, body)).toMatchObject({
      status: 409,
      code: 'insufficient_stock',
      items: [{ product_id: second?.id, requested: 1000, available: second?.stock }],
      errors: [{ path: 'items.1.quantity' }],
    });
    expect(await customer.products()).toEqual(before);
  });

  test('an illegal step answers 409 and names the allowed ones', async () => {
    const { id } = await customer.placeOrder([line()]);
    expect(await staff.problem('PATCH', `${ordersPath}/${id}/status`, { status: 'shipped' })).toMatchObject({
      status: 409,
      code: 'invalid_transition',
      current: 'pending',
      allowed: ['confirmed', 'cancelled'],
    });
  });

  test('of two people who move it at the same moment exactly one succeeds', async () => {
    const { id } = await customer.placeOrder([line()]);
    const path = `${ordersPath}/${id}/status`;
    const answers = await Promise.all(
      [staff, admin, staff, admin].map((api) => api.send('PATCH', path, { body: { status: 'confirmed' } })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    expect(await staff.order(id)).toMatchObject({ status: 'confirmed', version: 2 });
  });

  test('many customers who race for the last units get exactly those', async () => {
    const wanted = { name: 'The last five', price: 900, stock: 5, low_stock_threshold: 0 };
    const stocked = await admin.call(calls.createProduct, { body: wanted });
    const body = { items: [line(1, stocked.id)] };
    const answers = await Promise.all(Array.from({ length: 20 }, () => customer.send('POST', ordersPath, { body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(15);
    const left = await admin.call(calls.getProduct, { id: stocked.id });
    expect(left.stock).toBe(0);
  });
});

describe('what is not there, or not yours', () => {
  test('an unknown id answers 404', async () => {
    expect(await staff.problem('GET', `${ordersPath}/${unknownId}`)).toMatchObject({ status: 404, code: 'not_found' });
    expect(await staff.problem('PATCH', `${ordersPath}/${unknownId}/status`, { status: 'confirmed' })).toMatchObject({
      status: 404,
    });
    expect(await staff.problem('GET', '/nowhere')).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('an id may be written in capitals', async () => {
    const { id } = await customer.placeOrder([{ product_id: productId.toUpperCase(), quantity: 1 }]);
    expect((await customer.order(id.toUpperCase())).items[0]?.product_id).toBe(productId);
  });

  test('another customer’s order answers 404 and is in no list', async () => {
    const { id } = await customer.placeOrder([line()]);
    const stranger = await anybody.register();
    expect(await stranger.problem('GET', `${ordersPath}/${id}`)).toMatchObject({ status: 404 });
    expect(await stranger.problem('GET', `${ordersPath}/${id}/history`)).toMatchObject({ status: 404 });
    expect(await stranger.orders()).toEqual([]);
    expect((await customer.orders()).map((order) => order.id)).toContain(id);
  });

  test('no token, a bad one, and one that was tampered with answer 401', async () => {
    const [head, , signature] = (customer.session?.access_token ?? '').split('.');
    const forged = Buffer.from(JSON.stringify({ sub: unknownId, role: 'admin', exp: 4_000_000_000 })).toString(
      'base64url',
    );
    for (const authorization of ['', 'Bearer nonsense', `Bearer ${head}.${forged}.${signature}`, 'Basic YTpi']) {
      expect(await anybody.problem('GET', ordersPath, undefined, { authorization })).toMatchObject({
        status: 401,
        code: 'unauthenticated',
      });
    }
  });

  test('a wrong role answers 403', async () => {
    const { id } = await customer.placeOrder([line()]);
    const path = `${ordersPath}/${id}/status`;
    expect(await customer.problem('PATCH', path, { status: 'confirmed' })).toMatchObject({ status: 403 });
    expect(await staff.problem('GET', '/users/api/users')).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await staff.problem('POST', `/orders/api/products/${productId}/stock`, { change: 1 })).toMatchObject({
      status: 403,
    });
  });
});

describe('lists', () => {
  test('page by cursor without gaps or repeats, newest first', async () => {
    const all = await staff.orders();
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: OrderFilters = { limit: 7, cursor: cursor || undefined };
      const page: z.infer<typeof orderPage> = await staff.call(calls.listOrders, { query });
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    const times = all.map(({ created_at }) => created_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('filter by several statuses', async () => {
    const found = await staff.orders({ status: 'shipped,delivered' });
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['shipped', 'delivered']));
  });

  test('search by number, and by a part of the customer’s or of a product’s name', async () => {
    const { id, number, customer_name, items } = await customer.placeOrder([line()]);
    const search = async (q: string) => (await staff.orders({ q })).map((order) => order.id);
    expect(await search(`#${number}`)).toEqual([id]);
    expect(await search(customer_name.slice(1, 6).toUpperCase())).toContain(id);
    expect(await search(items[0]?.name.slice(2, 30) ?? '')).toContain(id);
    const percent = await staff.orders({ q: '%' });
    expect(percent.every((order) => order.items.some(({ name }) => name.includes('%')))).toBe(true);
  });

  test('times may have an offset', async () => {
    const [newest] = await staff.orders();
    const at = new Date(Date.parse(newest?.created_at ?? '') + 3_600_000).toISOString().replace('Z', '+01:00');
    const found = await staff.orders({ created_from: at });
    expect(found.map(({ id }) => id)).toEqual([newest?.id]);
  });

  test('a bad query answers 422 and names the field', async () => {
    for (const [query, path] of [
      ['limit=0', 'limit'],
      ['limit=1000', 'limit'],
      ['status=lost', 'status.0'],
      ['cursor=abc', 'cursor'],
      ['max_total=', 'max_total'],
      ['min_total=1e3', 'min_total'],
      ['created_from=2026-11-22', 'created_from'],
      ['stat=pending', 'stat'],
      [`created_from=2026-01-01T00:00:00.${'1'.repeat(130)}Z`, 'created_from'],
    ]) {
      expect(await staff.problem('GET', `${ordersPath}?${query}`)).toMatchObject({ status: 422, errors: [{ path }] });
    }
  });
});
