import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { product } from '@live-orders/contracts/domain/products.ts';
import { orderHistory } from '@live-orders/contracts/rest/orders.ts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { TestOrdersService } from '../testing/test-orders-service.ts';

let territory: Territory;
let service: TestOrdersService;
let staff: string;
let admin: string;
let customer: string;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, 'undo test');
  [staff, admin, customer] = [service.admit('staff'), service.admit('admin'), service.admit('customer')];
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

/** An order of two units; the shop has `left` more. */
const place = async (left = 5): Promise<Order> => {
  const { id } = await service.stockProduct(admin, 2 + left);
  return service.place(customer, [{ product_id: id, quantity: 2 }]);
};

const move = async ({ id }: Order, status: string, reason?: string): Promise<Order> =>
  order.parse((await service.send(staff, 'PATCH', `/orders/${id}/status`, { status, reason })).body);

const undo = (by: string, { id, version }: Order, sent: object = {}, key?: string) =>
  service.send(by, 'POST', `/orders/${id}/undo`, sent, {
    'if-match': `"${version}"`,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  });

const undone = async (of: Order): Promise<Order> => {
  const answer = await undo(staff, of);
  expect(answer).toMatchObject({ status: 200 });
  return order.parse(answer.body);
};

const stockOf = async ({ items }: Order): Promise<number> =>
  product.parse((await service.send(staff, 'GET', `/products/${items[0]?.product_id}`)).body).stock;

/** As if the last move of an order had been made so many seconds earlier. */
const age = ({ id, version }: Order, seconds: number) =>
  service.database.query(
    `UPDATE order_status_history SET created_at = created_at - $seconds * interval '1 second'
     WHERE order_id = $id AND version = $version`,
    { bind: { id, version, seconds } },
  );

describe('taking a move back', () => {
  test('makes the order what it was, due when it was due, and leaves both steps in the history', async () => {
    const placed = await place();
    const confirmed = await move(placed, 'confirmed');
    expect(confirmed.due_at).not.toBe(placed.due_at);
    const back = await undone(confirmed);
    const { status, due_at } = placed;
    expect(back).toEqual({ ...confirmed, status, due_at, version: 3, updated_at: back.updated_at });
    const { data } = orderHistory.parse((await service.send(staff, 'GET', `/orders/${placed.id}/history`)).body);
    expect(data.map(({ version, from, to, takes_back }) => [version, from, to, takes_back])).toEqual([
      [1, null, 'pending', null],
      [2, 'pending', 'confirmed', null],
      [3, 'confirmed', 'pending', 2],
    ]);
    const [events] = await service.database.query(
      `SELECT value FROM orders_outbox WHERE key = '${placed.id}' ORDER BY id DESC LIMIT 1`,
    );
    expect(events).toMatchObject([
      {
        value: { status: 'pending', previous_status: 'confirmed', version: 3, takes_back: 2, actor: { role: 'staff' } },
      },
    ]);
  });

  test('goes on to the move before, until the order is as it was placed', async () => {
    const shipped = await move(await move(await move(await place(), 'confirmed'), 'preparing'), 'shipped');
    const preparing = await undone(shipped);
    const again = await move(preparing, 'shipped');
    const pending = await undone(await undone(await undone(again)));
    expect([preparing.status, pending.status, pending.version]).toEqual(['preparing', 'pending', 9]);
    expect(await undo(staff, pending)).toMatchObject({ status: 409, body: { code: 'nothing_to_undo' } });
    expect(await move(pending, 'cancelled')).toMatchObject({ status: 'cancelled', version: 10 });
  });

  test('takes the items of a cancelled order out of stock again, as long as they are there', async () => {
    const cancelled = await move(await place(), 'cancelled', 'Ordered twice');
    expect(await stockOf(cancelled)).toBe(7);
    const back = await undone(cancelled);
    expect(await stockOf(back)).toBe(5);
    const gone = await move(back, 'cancelled');
    await service.place(customer, [{ product_id: gone.items[0]?.product_id ?? '', quantity: 6 }]);
    expect(await undo(staff, gone)).toMatchObject({
      status: 409,
      body: { code: 'insufficient_stock', items: [{ requested: 2, available: 1 }] },
    });
    expect(await stockOf(gone)).toBe(1);
    expect((await service.send(staff, 'GET', `/orders/${gone.id}`)).body).toEqual(gone);
  });

  test('is for the team while it has time, and for administrators with a reason afterwards', async () => {
    const confirmed = await move(await place(), 'confirmed');
    await age(confirmed, 3_601);
    expect(await undo(staff, confirmed, { reason: 'A mistake' })).toMatchObject({
      status: 409,
      body: { code: 'undo_expired', detail: expect.stringContaining('an administrator can') as string },
    });
    expect(await undo(admin, confirmed)).toMatchObject({ status: 422, body: { errors: [{ path: 'reason' }] } });
    expect(await undo(admin, confirmed, { reason: 'A mistake' })).toMatchObject({ status: 200 });
    const { data } = orderHistory.parse((await service.send(staff, 'GET', `/orders/${confirmed.id}/history`)).body);
    expect(data.at(-1)).toMatchObject({ to: 'pending', reason: 'A mistake', takes_back: 2 });
    expect(await undo(customer, confirmed)).toMatchObject({ status: 403 });
  });

  test('happens once for a key, and one of two who do it at the same time takes nothing more back', async () => {
    const preparing = await move(await move(await place(), 'confirmed'), 'preparing');
    const key = crypto.randomUUID();
    const twins = await Promise.all([undo(staff, preparing, {}, key), undo(staff, preparing, {}, key)]);
    expect(twins.map(({ status }) => status)).toEqual([200, 200]);
    expect(twins.filter(({ replayed }) => replayed)).toHaveLength(1);
    const both = await Promise.all([
      undo(staff, { ...preparing, version: 4 }),
      undo(admin, { ...preparing, version: 4 }),
    ]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));
    const whichever = await service.send(staff, 'POST', `/orders/${preparing.id}/undo`, {});
    expect(whichever).toMatchObject({ status: 422, body: { errors: [{ path: 'if-match', message: 'is needed' }] } });
  });
});
