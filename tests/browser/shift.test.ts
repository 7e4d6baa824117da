import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, expect, vi } from 'vitest';

let site: Site;
let buyer: Api;
const word = crypto.randomUUID();
const visitors: Visitor[] = [];

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  buyer = await new Api(site.system.gatewayUrl).register(`Shira ${crypto.randomUUID()}`);
});

afterAll(async () => {
  await Promise.all(visitors.map((visitor) => visitor.leave()));
});

const arrive = async (name: string, email: string, device: Parameters<Site['visit']>[1], password?: string) => {
  const visitor = await site.visit(`shift-${name}`, device);
  visitors.push(visitor);
  await visitor.login(email, password);
  return visitor;
};
const place = (note = `Ring twice ${word}`): Promise<Order> =>
  buyer.placeOrder([{ product_id: site.products[0]?.id ?? '', quantity: 1 }], note);
const row = ({ page }: Visitor, { id }: Order) => page.locator(`[data-testid=board] [data-order-id="${id}"]`);
const inStatus = async (visitor: Visitor, order: Order, status: string): Promise<void> =>
  row(visitor, order)
    .and(visitor.page.locator(`[data-status=${status}]`))
    .waitFor();
const statusOf = async ({ id }: Order): Promise<string> => (await site.admin.order(id)).status;

test('a shift by the keyboard alone: from the login to an order that is delivered, one taken back, and one cancelled', async () => {
  const [third, second, first] = [await place(), await place(), await place()];
  const visitor = await site.visit('shift-keys', { viewport: desktop });
  visitors.push(visitor);
  const { page } = visitor;
  const { keyboard } = page;
  await page.goto('/login');
  await keyboard.press('Tab');
  await page.getByLabel('E-mail').and(page.locator(':focus')).waitFor();
  await keyboard.type('staff@example.com');
  await keyboard.press('Tab');
  await keyboard.type('password123');
  await keyboard.press('Enter');
  await page.locator('[data-testid=connection][data-phase=live]').waitFor();

  await keyboard.press('/');
  await page.getByRole('searchbox').and(page.locator(':focus')).waitFor();
  await keyboard.type(word);
  await row(visitor, third).waitFor();
  await vi.waitFor(async () => expect(await page.locator('[data-testid=board] [data-order-id]').count()).toBe(3));
  await keyboard.press('Tab');
  await keyboard.press('j');
  const [top] = await page.locator('[data-testid=board] [data-order-id]').all();
  expect(await top?.locator(':focus').count()).toBe(1);
  const id = await top?.getAttribute('data-order-id');
  const order = [first, second, third].find((one) => one.id === id) ?? first;
  for (const status of ['confirmed', 'preparing', 'shipped', 'delivered']) {
    await keyboard.press('m');
    await inStatus(visitor, order, status);
    // A press within 700 ms of the answer is not taken for the next step.
    await row(visitor, order).locator('[data-press=undo]').waitFor();
    await visitor.settle();
    await row(visitor, order).locator(':focus').waitFor();
  }
  await keyboard.press('u');
  await inStatus(visitor, order, 'shipped');
  await keyboard.press('j');
  await keyboard.press('Enter');
  const drawer = page.getByTestId('drawer');
  await drawer.locator('[data-order-heading]:focus').waitFor();
  const shown = await drawer.locator('article').getAttribute('data-order-id');
  const open = [first, second, third].find((one) => one.id === shown) ?? second;
  await keyboard.press('Control+k');
  await keyboard.type('cancel order');
  await page
    .getByTestId('palette')
    .locator('[data-selected]', { hasText: `Cancel order ${open.number}` })
    .waitFor();
  await keyboard.press('Enter');
  const dialog = page.getByRole('alertdialog');
  await dialog.waitFor();
  // Nothing has the focus that Enter presses, so that a hasty second Enter cancels nothing.
  const reason = dialog.getByLabel('Reason');
  for (let tabs = 0; tabs < 9 && !(await reason.and(page.locator(':focus')).isVisible()); tabs += 1)
    await keyboard.press('Tab');
  await keyboard.type('Nobody home');
  await keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await drawer.getByTestId('history').getByText('Nobody home').waitFor();
  await keyboard.press('Escape');
  await row(visitor, open).locator('a:focus').waitFor();
  expect(await Promise.all([order, open].map(statusOf))).toEqual(['shipped', 'cancelled']);
  await visitor.photograph('keys');
  expect(visitor.errors).toEqual([]);
});

test('two of the team and a customer at once see the same order, whoever moves it, and nobody moves it twice', async () => {
  const [anna, ben, customer] = await Promise.all([
    arrive('anna', 'staff@example.com', { viewport: desktop }),
    arrive('ben', 'admin@example.com', { viewport: phone, isMobile: true, hasTouch: true }),
    arrive(
      'customer',
      buyer.session?.user.email ?? '',
      { viewport: phone, isMobile: true, hasTouch: true },
      testPassword,
    ),
  ]);
  const order = await place(`Two at once ${word}`);
  const own = customer.page.locator(`[data-order-id="${order.id}"]`);
  await Promise.all([row(anna, order).waitFor(), row(ben, order).waitFor(), own.waitFor()]);
  // Both press in the same moment: one of them moves it, and the other is told that it is done.
  const confirm = { name: `Confirm order ${order.number}` };
  await Promise.all([
    row(anna, order).getByRole('button', confirm).click(),
    row(ben, order).getByRole('button', confirm).tap(),
  ]);
  await Promise.all([inStatus(anna, order, 'confirmed'), inStatus(ben, order, 'confirmed')]);
  await own.and(customer.page.locator('[data-status=confirmed]')).waitFor();
  await vi.waitFor(async () =>
    expect(
      await row(anna, order)
        .getByRole('button', { name: /Confirming/ })
        .count(),
    ).toBe(0),
  );
  const steps = (await site.admin.call(calls.getOrderHistory, { id: order.id })).data;
  expect(steps.map(({ to }) => to)).toEqual(['pending', 'confirmed']);

  await site.admin.move(order.id, 'preparing');
  for (const visitor of [anna, ben]) await inStatus(visitor, order, 'preparing');
  await own.and(customer.page.locator('[data-status=preparing]')).waitFor();
  expect([anna.errors, ben.errors, customer.errors].flat().filter((text) => !/40[49]|412/.test(text))).toEqual([]);
});

test('whose session has ended is led to the login, and comes back to what was on the screen', async () => {
  const visitor = await arrive('expired', 'staff@example.com', { viewport: desktop });
  const order = await place(`Come back ${word}`);
  const { page } = visitor;
  const address = `/?status=pending&q=${encodeURIComponent(`back ${word}`)}`;
  await page.goto(address);
  await row(visitor, order).waitFor();
  // Everything has been read, so that it is the press which finds out.
  await page.waitForLoadState('networkidle');
  await page.context().clearCookies();
  await row(visitor, order)
    .getByRole('button', { name: `Confirm order ${order.number}` })
    .click();
  await page.getByLabel('E-mail').fill('staff@example.com');
  await page.getByLabel('Password').fill('password123');
  await page.getByRole('button', { name: 'Log in' }).click();
  await row(visitor, order).waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe(`back ${word}`);
  expect(await statusOf(order)).toBe('pending');
});
