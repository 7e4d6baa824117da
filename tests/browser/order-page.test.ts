import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

let site: Site;
/** At a desk, by light. */
let staff: Visitor;
/** On the way, by night, with a thumb. */
let admin: Visitor;
let buyer: Api;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  buyer = await new Api(site.system.gatewayUrl).register(`Petra ${crypto.randomUUID()}`);
  [staff, admin] = await Promise.all([
    site.visit('order-page', { viewport: desktop, colorScheme: 'light' }),
    site.visit('order-page-phone', { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true }),
  ]);
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
});

beforeEach(() => {
  staff.errors.length = 0;
  admin.errors.length = 0;
});

afterAll(async () => {
  await Promise.all([staff.leave(), admin.leave()]);
});

const place = async (customer = buyer, note?: string): Promise<Order> => {
  const items = site.products.slice(0, 2).map(({ id }, index) => ({ product_id: id, quantity: index + 1 }));
  return customer.placeOrder(items, note);
};

const live = ({ page }: Visitor) => page.locator('[data-testid=connection][data-phase=live]').waitFor();
const open = async (visitor: Visitor, { number }: Order): Promise<void> => {
  await visitor.page.goto(`/orders/${number}`);
  await live(visitor);
};
const button = ({ page }: Visitor, name: string) => page.getByRole('button', { name, exact: true });
const address = ({ page }: Visitor): string => new URL(page.url()).pathname + new URL(page.url()).search;

describe('the address of an order', () => {
  test('is its number; its id leads there with the query, and is asked for anew each time', async () => {
    const order = await place();
    await staff.page.goto(`/orders/${order.id}?from=mail`);
    expect(address(staff)).toBe(`/orders/${order.number}?from=mail`);
    await staff.page.getByRole('heading', { name: `Order #${order.number}` }).waitFor();
    const answer = await staff.page.request.get(`/orders/${order.id}?from=mail`, { maxRedirects: 0 });
    expect(answer.status()).toBe(307);
    expect(answer.headers()).toMatchObject({
      location: `/orders/${order.number}?from=mail`,
      'cache-control': 'private, no-store',
    });
  });

  test.each(['0', '01', '-1', '1e3', '2147483647', '9999999999', 'x', '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'])(
    'is not /orders/%s, where there is none',
    async (name) => {
      expect((await staff.page.request.get(`/orders/${name}`)).status()).toBe(404);
    },
  );

  test('leads a customer to an own order only, without anything of the team', async () => {
    const customer = await site.visit('order-page-customer', { viewport: phone });
    await customer.login('customer@example.com');
    const own = await place(await new Api(site.system.gatewayUrl).login('customer@example.com'), 'Ring twice');
    await site.admin.call(calls.changeOrder, { id: own.id, body: { internal_note: 'Fragile' } });
    const other = await place();
    for (const name of [other.number, other.id])
      expect((await customer.page.request.get(`/orders/${name}`)).status()).toBe(404);
    await customer.page.goto('/');
    await customer.page.getByRole('link', { name: `Order #${own.number}` }).click();
    await customer.page.getByTestId('note').getByText('Ring twice').waitFor();
    expect(address(customer)).toBe(`/orders/${own.number}`);
    await customer.photograph('order');
    expect(await violations(customer.page)).toEqual([]);
    const everything = await customer.page.content();
    for (const word of ['Fragile', 'Internal note', 'Assign', 'packing slip']) expect(everything).not.toContain(word);
    await customer.page.getByRole('main').getByRole('link', { name: 'My orders' }).click();
    await customer.page.getByRole('heading', { name: 'My orders' }).waitFor();
    expect(customer.errors).toEqual([]);
    await customer.leave();
  });
});

test('a cancellation has a usual reason by one tap, or an own one, which the history shows', async () => {
  const order = await place();
  await open(admin, order);
  await button(admin, `More for order ${order.number}`).tap();
  await admin.page.getByRole('menuitem', { name: 'Cancel order' }).tap();
  const dialog = admin.page.getByRole('alertdialog');
  const reason = dialog.getByLabel('Reason');
  await dialog.getByRole('button', { name: 'Duplicate' }).tap();
  await dialog.getByRole('button', { name: 'Out of stock' }).tap();
  expect(await reason.inputValue()).toBe('Out of stock');
  expect(await dialog.getByRole('button', { pressed: true }).allInnerTexts()).toEqual(['Out of stock']);
  for (const one of await dialog.getByRole('button').all())
    expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  await admin.photograph('cancel');
  expect(await violations(admin.page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Out of stock' }).tap();
  expect(await reason.inputValue()).toBe('');
  await reason.fill('Rained away');
  expect(await dialog.getByRole('button', { pressed: true }).count()).toBe(0);
  await dialog.getByRole('button', { name: 'Cannot deliver' }).tap();
  await dialog.getByRole('button', { name: 'Cancel order' }).tap();
  await admin.page.getByTestId('history').getByText('“Cannot deliver”').waitFor();
  const { data } = await buyer.call(calls.getOrderHistory, { id: order.id });
  expect(data.at(-1)).toMatchObject({ to: 'cancelled', reason: 'Cannot deliver' });
  expect(admin.errors).toEqual([]);
});

describe('the order of a customer', () => {
  test('names the newest others, follows them, and leads to all of them on the board', async () => {
    const name = `Many Times ${crypto.randomUUID()}`;
    const regular = await new Api(site.system.gatewayUrl).register(name);
    const orders: Order[] = [];
    while (orders.length < 7) orders.push(await place(regular, 'Leave it at the door'));
    const [first] = orders;
    if (!first) throw new Error('no order was placed');
    await open(staff, first);
    const list = staff.page.getByRole('list', { name: 'Other orders of the customer' });
    const listed = async () =>
      (await list.getByRole('link').allInnerTexts()).map((text) => Number(/\d+/.exec(text)?.[0]));
    const newest = orders.slice(2).reverse();
    expect(await listed()).toEqual(newest.map(({ number }) => number));
    await staff.page.getByText('6 other orders').waitFor();
    await site.admin.move(newest[0]?.id ?? '', 'confirmed');
    await list.getByText('Confirmed').waitFor();
    const last = await place(regular);
    await vi.waitFor(async () => expect((await listed())[0]).toBe(last.number), { timeout: 20_000 });
    await staff.page.getByText('7 other orders').waitFor();
    await staff.photograph('customer');
    await admin.page.goto(`/orders/${first.number}`);
    await live(admin);
    await admin.photograph('order');
    for (const visitor of [staff, admin]) {
      expect(await violations(visitor.page)).toEqual([]);
      expect(await visitor.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
    await staff.page.getByRole('link', { name: 'Search the board' }).click();
    await staff.page.waitForURL((url) => url.searchParams.get('q') === name);
    await vi.waitFor(async () => expect(await staff.page.locator('[data-order-number]').count()).toBe(8), {
      timeout: 20_000,
    });
    expect(staff.errors).toEqual([]);
  });

  test('isolates what people have typed, breaks it anywhere, and says where nothing can be seen', async ({
    database,
  }) => {
    const order = await place(buyer, 'x'.repeat(400));
    const rename = (name: string) =>
      database.query('UPDATE orders SET customer_name = $2 WHERE id = $1', [order.id, name]);
    await rename('\u200b \u2060');
    await staff.page.goto(`/orders/${order.number}`);
    await staff.page.getByTestId('customer').getByText('(no visible name)').waitFor();
    expect(await staff.page.getByRole('link', { name: 'Search the board' }).count()).toBe(0);
    await rename(`\u202e${'W'.repeat(120)}`);
    await admin.page.goto(`/orders/${order.number}`);
    expect(await admin.page.getByTestId('customer').locator('bdi').count()).toBe(1);
    expect(await admin.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await admin.photograph('long');
  });
});

test('the number is copied by a button, which says so', async () => {
  const order = await place();
  await staff.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(staff, order);
  await button(staff, `Copy the number ${order.number}`).click();
  await staff.page.getByText(`${order.number} copied`).waitFor({ state: 'attached' });
  expect(await staff.page.evaluate('navigator.clipboard.readText()')).toBe(String(order.number));
});

test('on paper there is a slip to pack by: number, bars and items, black on white, and nothing else', async () => {
  const order = await place(buyer, 'Ring twice');
  await site.admin.call(calls.changeOrder, { id: order.id, body: { internal_note: 'Fragile' } });
  await open(admin, order);
  const { page } = admin;
  const slip = page.getByTestId('packing-slip');
  expect(await slip.isVisible()).toBe(false);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await slip.getByText(`#${order.number}`).waitFor();
  await slip.getByRole('img', { name: `Barcode of order ${order.number}` }).waitFor();
  expect(await slip.locator('svg rect').count()).toBeGreaterThan(15);
  for (const { name, quantity } of order.items) {
    const row = slip.getByRole('row').filter({ hasText: name });
    expect(await row.getByRole('cell').nth(1).innerText()).toBe(String(quantity));
  }
  const printed = await page.locator('body').innerText();
  expect(printed).toContain('Ring twice');
  expect(printed).not.toMatch(/Fragile|\$|Assign|Confirm|Live ·/);
  expect(await page.getByRole('banner').isVisible()).toBe(false);
  const colours = `[document.body, document.querySelector('[data-testid=packing-slip] td')].map((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    return color + ' on ' + backgroundColor;
  })`;
  expect(await page.evaluate(colours)).toEqual([
    'rgb(0, 0, 0) on rgb(255, 255, 255)',
    'rgb(0, 0, 0) on rgba(0, 0, 0, 0)',
  ]);
  await page.setViewportSize({ width: 794, height: 1123 });
  await admin.photograph('slip');
  await page.setViewportSize(phone);
  await page.emulateMedia({ media: null, colorScheme: 'dark' });
});
