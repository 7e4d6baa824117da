import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Answer, TestOrdersService } from '../testing/test-orders-service.ts';

const allowance = { ordersPerHour: 5, unitsPerHour: 12 };

let territory: Territory;
let service: TestOrdersService;
let admin: string;
let customer: string;
let lamp: Product;
let mug: Product;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, 'allowance test', 12, allowance);
  admin = service.admit('admin');
});

beforeEach(async () => {
  customer = service.admit('customer');
  lamp = await service.stockProduct(admin, 1_000);
  mug = await service.stockProduct(admin, 1_000);
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

const place = (by: string, ...items: [Product, number][]): Promise<Answer> =>
  service.send(by, 'POST', '/orders', { items: items.map(([{ id }, quantity]) => ({ product_id: id, quantity })) });

const placed = async (by: string, ...items: [Product, number][]): Promise<Order> => {
  const { status, body } = await place(by, ...items);
  expect(status).toBe(201);
  return order.parse(body);
};

const tooMany = (words: RegExp): unknown => ({
  status: 429,
  body: expect.objectContaining({
    code: 'too_many_requests',
    detail: expect.stringMatching(words) as unknown,
  }) as unknown,
});

describe('within an hour a customer', () => {
  test('places as many orders as are allowed, also when they are sent at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_none, n) => place(customer, [n % 2 ? lamp : mug, 1])),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(25 - allowance.ordersPerHour);
    for (const one of refused) expect(one).toMatchObject(tooMany(/^A customer may place 5 orders/) as object);
    const { body } = await service.send(customer, 'GET', '/orders');
    expect(body).toMatchObject({ data: Array.from({ length: allowance.ordersPerHour }, () => ({})) });
  });

  test('takes as many units of a product as are allowed, over all orders, and others are not held up by that', async () => {
    await placed(customer, [lamp, 7], [mug, 1]);
    expect(await place(customer, [mug, 1], [lamp, 6])).toMatchObject(tooMany(/12 of “.+” .* 7\.$/) as object);
    await placed(customer, [mug, 11], [lamp, 5]);
    await placed(service.admit('customer'), [lamp, 12]);
  });

  test('may order again what was cancelled', async () => {
    const { id } = await placed(customer, [lamp, 12]);
    expect((await place(customer, [lamp, 1])).status).toBe(429);
    await service.send(customer, 'PATCH', `/orders/${id}/status`, { status: 'cancelled', reason: 'Too many' });
    await placed(customer, [lamp, 12]);
  });

  test('is told to come back when the first order counts no more', async () => {
    const { id } = await placed(customer, [lamp, 12]);
    await service.database.query(`UPDATE orders SET created_at = now() - interval '59 minutes' WHERE id = $1`, {
      bind: [id],
    });
    const { status, retryAfter } = await place(customer, [lamp, 1]);
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    await service.database.query(`UPDATE orders SET created_at = now() - interval '1 hour' WHERE id = $1`, {
      bind: [id],
    });
    await placed(customer, [lamp, 12]);
  });

  test('is told at once of a line that is more than anybody gets', async () => {
    expect(await place(customer, [mug, 1], [lamp, 13])).toMatchObject({
      status: 422,
      body: {
        code: 'validation_failed',
        errors: [{ path: 'items.1.quantity', message: 'must be at most 12 for one customer' }],
      },
    });
  });
});

test('the team orders as much as it wants', async () => {
  const staff = service.admit('staff');
  const answers = await Promise.all(Array.from({ length: 10 }, () => place(staff, [lamp, 20])));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
});
