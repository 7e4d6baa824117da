import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { afterAll, beforeEach, expect } from 'vitest';
import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let customer: Api;
let visitor: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  customer = await site.anybody.register('Bea Basket');
  visitor = await site.visit('basket', { viewport: desktop });
  await visitor.login(customer.session?.user.email ?? '', testPassword);
});

beforeEach(async () => {
  await visitor.page.goto('/new');
});

afterAll(() => visitor.leave());

const product = (price: number): Promise<Product> =>
  site.admin.call(calls.createProduct, { body: { name: `Basket ${crypto.randomUUID()}`, price, stock: 5_000 } });

const line = ({ id }: Product) => visitor.page.locator(`[data-product-id="${id}"]`);
const quantity = (one: Product) => line(one).getByRole('textbox');
const total = () => visitor.page.getByTestId('total');
const place = () => visitor.page.getByRole('button', { name: 'Place order' }).click();
const placed = () => visitor.page.getByText(/^Order \d+ is placed$/).waitFor();

/** Has the page read what is sold by now. */
const choose = async (one: Product, count: number): Promise<void> => {
  await visitor.page.reload();
  await visitor.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  await quantity(one).fill(String(count));
  await quantity(one).press('Tab');
};

test('a basket outlives a reload and a lost page, and is empty once its order is placed', async () => {
  const one = await product(350);
  await choose(one, 4);
  await visitor.page.getByPlaceholder('Anything we should know?').fill('Leave it at the door');
  await visitor.page.goto('/');
  await visitor.page.goto('/new');
  await total().getByText('$14.00').waitFor();
  expect(await quantity(one).inputValue()).toBe('4');
  expect(await visitor.page.getByPlaceholder('Anything we should know?').inputValue()).toBe('Leave it at the door');
  await place();
  await placed();
  await visitor.page.goto('/new');
  await visitor.page.getByText('Choose what you would like.').waitFor();
});

test('a quantity above the most is not cut in silence, and one that is no number changes nothing', async () => {
  const one = await product(100);
  await choose(one, 99_999);
  await line(one).getByRole('alert').getByText('1,000 of a product at most, not 99,999').waitFor();
  expect(await quantity(one).inputValue()).toBe('1000');
  await quantity(one).fill('two');
  await quantity(one).press('Tab');
  await line(one).getByRole('alert').getByText('whole number').waitFor();
  expect(await quantity(one).inputValue()).toBe('1000');
  await quantity(one).fill('0');
  await quantity(one).press('Tab');
  await visitor.page.getByText('Choose what you would like.').waitFor();
});

test('an order whose answer was lost is placed once, however often it is sent', async () => {
  const one = await product(800);
  await choose(one, 2);
  await visitor.divertNextChange('**/orders/api/orders', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await place();
  await visitor.page.getByRole('alert').getByText('not known whether the order was placed').waitFor();
  await visitor.page.reload();
  await total().getByText('$16.00').waitFor();
  await place();
  await placed();
  const orders = (await customer.orders()).filter(({ items }) => items.some(({ product_id }) => product_id === one.id));
  expect(orders).toHaveLength(1);
});

test('another price than the one that was seen is never charged without a question', async () => {
  const one = await product(500);
  await choose(one, 3);
  await total().getByText('$15.00').waitFor();
  await site.admin.call(calls.changeProduct, { id: one.id, body: { price: 650 } });
  await line(one).getByText('was $5.00').waitFor();
  await place();
  await visitor.page.getByRole('alert').getByText('Prices have changed. Nothing was ordered').waitFor();
  await line(one).getByRole('alert').getByText('One costs $6.50 now; it was $5.00.').waitFor();
  await visitor.photograph('price-changed');
  await total().getByText('$19.50').waitFor();
  await place();
  await placed();
  const [order] = await customer.orders();
  expect(order?.items).toMatchObject([{ product_id: one.id, price: 650, quantity: 3 }]);
});
