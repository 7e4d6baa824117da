import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type orderPage, orderSorts } from '@live-orders/contracts/rest/orders.ts';
import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { describe, expect } from 'vitest';
import type { z } from 'zod';
import { type Api, type OrderFilters, testPassword } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let anybody: Api;
let admin: Api;
let staff: Api;
let customer: Api;
let productId: string;

const path = '/orders/api/orders';
const unknownId = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';

test.beforeAll(({ shop }) => {
  ({ anybody, admin, staff, customer } = shop);
  productId = shop.products[0].id;
});

const line = (quantity = 1, id = productId) => ({ product_id: id, quantity });
const stockOf = async (id = productId): Promise<number> => (await staff.call(calls.getProduct, { id })).stock;

describe('versions', () => {
  test('a change for another version than the present one is refused with the present order', async () => {
    const placed = await customer.placeOrder([line()]);
    const status = `${path}/${placed.id}/status`;
    const stale = await staff.send('PATCH', status, { body: { status: 'confirmed' }, headers: { 'if-match': '"7"' } });
    expect(stale).toMatchObject({
      status: 412,
      body: { code: 'version_conflict', current: { id: placed.id, version: 1, status: 'pending' } },
    });
    expect(stale.headers.get('etag')).toBe('"1"');
    const right = await staff.send('PATCH', status, {
      body: { status: 'confirmed' },
      headers: { 'if-match': '"0", "1"' },
    });
    expect(right).toMatchObject({ status: 200, body: { version: 2 } });
    expect(right.headers.get('etag')).toBe('"2"');
    const weak = await staff.send('PATCH', status, { body: { status: 'preparing' }, headers: { 'if-match': 'W/"2"' } });
    expect(weak.status).toBe(412);
    const any = await staff.send('PATCH', status, { body: { status: 'preparing' }, headers: { 'if-match': '*' } });
    expect(any.status).toBe(200);
  });

  test('a refused change tells a customer nothing internal', async () => {
    const placed = await customer.placeOrder([line()]);
    const assignee = { id: staff.session?.user.id ?? '' };
    await staff.call(calls.changeOrder, { id: placed.id, body: { assignee, internal_note: 'Secret note' } });
    const stale = await customer.send('PATCH', `${path}/${placed.id}/status`, {
      body: { status: 'cancelled' },
      headers: { 'if-match': '"1"' },
    });
    expect(stale).toMatchObject({ status: 412, body: { current: { id: placed.id, version: 2 } } });
    for (const secret of ['Secret', 'assigned']) expect(JSON.stringify(stale.body)).not.toContain(secret);
  });

  test('what changes nothing makes no version', async () => {
    const placed = await customer.placeOrder([line()]);
    const note = { internal_note: 'Ring first' };
    const noted = await staff.call(calls.changeOrder, { id: placed.id, body: note });
    expect(noted.version).toBe(2);
    expect(await staff.call(calls.changeOrder, { id: placed.id, body: note })).toEqual(noted);
    const { price, version } = await admin.call(calls.getProduct, { id: productId });
    expect((await admin.call(calls.changeProduct, { id: productId, body: { price } })).version).toBe(version);
  });

  test('a read of the known version answers 304', async () => {
    const placed = await customer.placeOrder([line()]);
    const known = await customer.send('GET', `${path}/${placed.id}`, { headers: { 'if-none-match': 'W/"1"' } });
    expect(known).toMatchObject({ status: 304, body: '' });
    const newer = await customer.send('GET', `${path}/${placed.id}`, { headers: { 'if-none-match': '"0"' } });
    expect(newer).toMatchObject({ status: 200, body: { version: 1 } });
  });
});

describe('an idempotency key', () => {
  const create = (body: unknown, key: string, by = customer) =>
    by.send('POST', path, { body, headers: { 'idempotency-key': key } });

  test('makes one order of many requests, also at once, and replays its answer', async () => {
    const key = crypto.randomUUID();
    const body = { items: [line(2)], note: 'once' };
    const before = await stockOf();
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(body, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(6).fill(201));
    expect(new Set(answers.map((answer) => order.parse(answer.body).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(5);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    expect(await stockOf()).toBe(before - 2);
  });

  test('is refused for another body, and is each customer’s own', async () => {
    const key = crypto.randomUUID();
    const first = order.parse((await create({ items: [line()] }, key)).body);
    expect(await create({ items: [line(2)] }, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    const other = await anybody.register();
    expect(order.parse((await create({ items: [line()] }, key, other)).body).id).not.toBe(first.id);
  });

  test('of a request that failed may be used again', async () => {
    const key = crypto.randomUUID();
    const body = { items: [line(1000)] };
    expect(await create(body, key)).toMatchObject({ status: 409, body: { code: 'insufficient_stock' } });
    await admin.send('POST', `/orders/api/products/${productId}/stock`, { body: { change: 1000, reason: 'delivery' } });
    expect((await create(body, key)).status).toBe(201);
  });

  test('has to be visible ASCII', async () => {
    expect(await create({ items: [line()] }, 'two words')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'idempotency-key' }] },
    });
  });
});

describe('who may do which step', () => {
  test('a customer cancels an own order while it is pending, and no other', async () => {
    const [own, later, foreign] = await Promise.all([
      customer.placeOrder([line()]),
      customer.placeOrder([line()]),
      (await anybody.register()).placeOrder([line()]),
    ]);
    const before = await stockOf();
    expect(await customer.move(own.id, 'cancelled', 'found it cheaper')).toMatchObject({
      status: 'cancelled',
      version: 2,
    });
    expect(await stockOf()).toBe(before + 1);
    await staff.move(later.id, 'confirmed');
    const refused = { status: 'cancelled' };
    expect(await customer.problem('PATCH', `${path}/${later.id}/status`, refused)).toMatchObject({
      code: 'invalid_transition',
      allowed: [],
    });
    expect(await customer.problem('PATCH', `${path}/${foreign.id}/status`, refused)).toMatchObject({ status: 404 });
  });
});

describe('assignment and internal notes', () => {
  test('are events for staff, and never reach the customer, by REST or by socket', async () => {
    const placed = await customer.placeOrder([line()]);
    const [own, team] = await Promise.all([Socket.open(customer), Socket.open(staff)]);
    const hired = {
      email: `${crypto.randomUUID()}@example.com`,
      password: testPassword,
      name: 'Sam Secret',
      role: 'staff',
    } as const;
    const assignee = { id: (await admin.call(calls.createUser, { body: hired })).id };
    const changed = await staff.call(calls.changeOrder, {
      id: placed.id,
      body: {
        assignee,
        internal_note: 'fragile!',
      },
    });
    expect(changed).toMatchObject({ version: 2, assigned_name: 'Sam Secret', internal_note: 'fragile!' });
    // Events of earlier tests may still be under way.
    const isOurs = ({ data }: { data: { id: string } }) => data.id === placed.id;
    expect((await team.next('order_update', isOurs)).data).toEqual(changed);
    expect((await own.next('order_update', isOurs)).data).toMatchObject({ version: 2 });
    const seen = await Promise.all([
      customer.send('GET', `${path}/${placed.id}`),
      customer.send('GET', `${path}?assigned_to=${assignee.id}`),
      customer.send('GET', `${path}/${placed.id}/history`),
      customer.send('PATCH', `${path}/${placed.id}/status`, { body: { status: 'cancelled' } }),
    ]);
    const everything = JSON.stringify(seen.map(({ body }) => body)) + own.frames.join();
    for (const secret of ['fragile', 'internal_note', 'assigned', 'Sam Secret'])
      expect(everything).not.toContain(secret);
    expect((await staff.orders({ assigned_to: assignee.id })).map(({ id }) => id)).toEqual([placed.id]);
    await staff.call(calls.changeOrder, { id: placed.id, body: { assignee: null } });
    expect(await staff.orders({ assigned_to: assignee.id })).toEqual([]);
    expect(await customer.problem('PATCH', `${path}/${placed.id}`, { internal_note: 'mine' })).toMatchObject({
      status: 403,
    });
    await Promise.all([own.close(), team.close()]);
  });
});

describe('moving many at once', () => {
  test('tells of each what became of it, and moves those that it can', async () => {
    const [fresh, moved, other] = [
      await customer.placeOrder([line(2)]),
      await customer.placeOrder([line()]),
      await customer.placeOrder([line()]),
    ];
    await staff.move(moved.id, 'confirmed');
    const before = await stockOf();
    const body = {
      orders: [{ id: fresh.id, version: 1 }, { id: moved.id, version: 1 }, { id: unknownId }, { id: other.id }],
      status: 'cancelled' as const,
      reason: 'flood in the warehouse',
    };
    const { moved: count, results } = await staff.call(calls.moveOrders, { body });
    expect(count).toBe(2);
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
      [fresh.id, 'moved'],
      [moved.id, 'conflict'],
      [unknownId, 'not_found'],
      [other.id, 'moved'],
    ]);
    expect(await stockOf()).toBe(before + 3);
    const again = await staff.call(calls.moveOrders, { body });
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['conflict', 'conflict', 'not_found', 'invalid']);
    const steps = await staff.send('GET', `${path}/${fresh.id}/history`);
    expect(steps.body).toMatchObject({ data: [{}, { version: 2, to: 'cancelled', reason: 'flood in the warehouse' }] });
  });

  test('is for staff, for 200 at most, and replays with an idempotency key', async () => {
    const placed = await customer.placeOrder([line()]);
    const body = { orders: [{ id: placed.id }], status: 'confirmed' };
    expect(await customer.problem('POST', `${path}/bulk-status`, body)).toMatchObject({ status: 403 });
    const many = { ...body, orders: Array.from({ length: 201 }, () => ({ id: crypto.randomUUID() })) };
    expect(await staff.problem('POST', `${path}/bulk-status`, many)).toMatchObject({
      status: 422,
      errors: [{ path: 'orders' }],
    });
    const key = { 'idempotency-key': crypto.randomUUID() };
    const first = await staff.send('POST', `${path}/bulk-status`, { body, headers: key });
    const second = await staff.send('POST', `${path}/bulk-status`, { body, headers: key });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });
});

describe('the list', () => {
  test.each(orderSorts.flatMap((sort) => [sort, `-${sort}`]))(
    'sorted by %s pages without gaps or repeats',
    async (sort) => {
      const field = orderSorts.find((one) => sort.endsWith(one)) ?? 'created_at';
      const whole = await staff.orders({ sort });
      const paged: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query: OrderFilters = { limit: 9, sort, cursor: cursor || undefined };
        const page: z.infer<typeof orderPage> = await staff.call(calls.listOrders, { query });
        paged.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      expect(paged).toEqual(whole.map(({ id }) => id));
      expect(new Set(paged).size).toBe(paged.length);
      const values = whole.map((one) => one[field] ?? '');
      const ascending = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
      expect(values).toEqual(sort.startsWith('-') ? ascending.toReversed() : ascending);
    },
  );

  test('filters by number, total, time, customer, lateness, and counts when asked', async () => {
    const all = await staff.orders();
    const some = all[Math.floor(all.length / 2)];
    if (!some) throw new Error('the demo shop has no orders');
    const ids = async (filters: OrderFilters): Promise<string[]> =>
      (await staff.orders(filters)).map(({ id }) => id).sort();
    const those = (fits: (one: Order) => boolean): string[] =>
      all
        .filter(fits)
        .map(({ id }) => id)
        .sort();
    expect(await ids({ min_total: 5000, max_total: some.total_amount })).toEqual(
      those(({ total_amount }) => total_amount >= 5000 && total_amount <= some.total_amount),
    );
    expect(await ids({ created_from: some.created_at })).toEqual(those((one) => one.created_at >= some.created_at));
    expect(await ids({ created_to: some.created_at })).toEqual(those((one) => one.created_at < some.created_at));
    expect(await ids({ customer_id: some.customer_id })).toEqual(those((one) => one.customer_id === some.customer_id));
    expect(await ids({ number: String(some.number) })).toEqual([some.id]);
    const lateNow = (): string[] => {
      const now = new Date().toISOString();
      return those(({ due_at }) => due_at !== null && due_at < now);
    };
    // Orders become late by themselves.
    const [least, late, most] = [lateNow(), await ids({ late: true }), lateNow()];
    expect(late).toEqual(expect.arrayContaining(least));
    expect(most).toEqual(expect.arrayContaining(late));
    const { total, data } = await staff.call(calls.listOrders, {
      query: { limit: 1, count: true, status: 'delivered' },
    });
    expect([data.length, total]).toEqual([1, all.filter(({ status }) => status === 'delivered').length]);
  });

  test('refuses a cursor of another sort', async () => {
    const { next_cursor } = await staff.call(calls.listOrders, { query: { limit: 1 } });
    expect(await staff.problem('GET', `${path}?limit=1&sort=total_amount&cursor=${next_cursor}`)).toMatchObject({
      status: 422,
      errors: [{ path: 'cursor' }],
    });
  });
});
