import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { readFile } from 'node:fs/promises';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { afterAll, beforeEach, expect, vi } from 'vitest';
import { desktop, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let staff: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  staff = await site.visit('bulk', { viewport: desktop });
  await staff.login('staff@example.com');
});

beforeEach(() => staff.comeHome());

afterAll(() => staff.leave());

/** As many orders as are wanted, the last of which is first on the board. */
const place = async (count: number): Promise<Order[]> => {
  const orders: Order[] = [];
  for (let n = 0; n < count; n += 1)
    orders.unshift(await site.customer.placeOrder([{ product_id: site.products[0].id, quantity: 1 }]));
  for (const order of orders) await row(order).waitFor();
  return orders;
};

const row = ({ number }: Order) => staff.page.locator(`[data-order-number="${number}"]`);
const box = (order: Order) => row(order).getByRole('checkbox');
const bar = () => staff.page.getByTestId('bulk');
const selected = (count: number) => bar().getByText(`${count} selected`).waitFor();
const more = async (name: string | RegExp): Promise<void> => {
  await bar().getByRole('button', { name: 'More for the selected orders' }).click();
  await staff.page.getByRole('menuitem', { name }).click();
};
const dialog = () => staff.page.getByRole('alertdialog');
const statuses = async (orders: readonly Order[]): Promise<OrderStatus[]> =>
  Promise.all(orders.map(async ({ id }) => (await site.admin.call(calls.getOrder, { id })).status));
const become = (orders: readonly Order[], expected: readonly OrderStatus[]) =>
  vi.waitFor(async () => expect(await statuses(orders)).toEqual(expected), { timeout: 10_000, interval: 100 });

test('several orders move at once; those that cannot stay selected with the reason; the lot is taken back', async () => {
  const orders = await place(3);
  const [first, second, third] = orders;
  if (!first || !second || !third) throw new Error('no orders');
  await site.admin.move(second.id, 'confirmed');
  await row(second).locator('xpath=self::*[@data-status="confirmed"]').waitFor();
  await box(first).check();
  await box(third).click({ modifiers: ['Shift'] });
  await selected(3);
  await staff.photograph('selected');
  await bar().getByRole('button', { name: 'Confirm 2' }).click();
  await become(orders, ['confirmed', 'confirmed', 'confirmed']);
  await selected(1);
  await row(second).getByText('From confirmed it cannot go there.').waitFor();
  await staff.photograph('stayed');
  await staff.page.locator('[data-sonner-toast]').getByRole('button', { name: 'Undo' }).click();
  await become(orders, ['pending', 'confirmed', 'pending']);
  await staff.page.getByText('2 orders taken back').waitFor();
  expect(staff.errors).toEqual([]);
});

test('an order that somebody moves meanwhile is not moved again, and says so', async () => {
  const [order] = await place(1);
  if (!order) throw new Error('no order');
  await box(order).check();
  await staff.beforeNextChange('**/bulk-status', () => site.admin.move(order.id, 'confirmed'));
  await bar().getByRole('button', { name: 'Confirm 1' }).click();
  await row(order).getByText('Somebody changed it: it is confirmed now.').waitFor();
  await selected(1);
  expect(await statuses([order])).toEqual(['confirmed']);
});

test('a press that was aimed at what the bar offered before somebody else moved them does nothing', async () => {
  const orders = await place(2);
  for (const order of orders) await box(order).check();
  await bar().getByRole('button', { name: 'Confirm 2' }).waitFor();
  // In the very moment in which the buttons mean the next step.
  const pressed = staff.page.evaluate(`new Promise((done) => {
    const look = () => {
      const button = [...document.querySelectorAll('#bulk-bar button')].find((one) => /Prepare\\s+2/.test(one.textContent));
      if (!button) return;
      seen.disconnect();
      button.click();
      done(null);
    };
    const seen = new MutationObserver(look);
    seen.observe(document.body, { subtree: true, childList: true, characterData: true });
  })`);
  for (const { id } of orders) await site.admin.move(id, 'confirmed');
  await pressed;
  await staff.settle();
  expect(await statuses(orders)).toEqual(['confirmed', 'confirmed']);
  await bar().getByRole('button', { name: 'Prepare 2' }).click();
  await become(orders, ['preparing', 'preparing']);
});

test('a box that is ticked takes no keys away from the list', async () => {
  const [first, second] = await place(2);
  if (!first || !second) throw new Error('no orders');
  await box(first).click();
  await selected(1);
  await staff.page.keyboard.press('x');
  await bar().waitFor({ state: 'detached' });
  await staff.page.keyboard.press('j');
  await row(second).locator('[data-row-link]:focus').waitFor();
  await staff.page.keyboard.press('x');
  await selected(1);
  await box(second).uncheck();
});

test('by keyboard: x picks, Shift with x a range, and all of them are assigned', async () => {
  const orders = await place(3);
  const [first, , third] = orders;
  if (!first || !third) throw new Error('no orders');
  await row(first).locator('[data-row-link]').focus();
  await staff.page.keyboard.press('x');
  await selected(1);
  await staff.page.keyboard.press('j');
  await staff.page.keyboard.press('j');
  await staff.page.keyboard.press('Shift+X');
  await selected(3);
  await bar().getByRole('button', { name: 'Assign to me' }).click();
  await staff.page.getByText('3 orders assigned').waitFor();
  for (const { id } of orders)
    expect((await site.admin.call(calls.getOrder, { id })).assigned_to).toBe(site.staff.session?.user.id);
  await bar().waitFor({ state: 'detached' });
});

test('those that can be are cancelled, with one reason; the others say why not; the lot is taken back', async () => {
  const orders = await place(3);
  const [first, second, third] = orders;
  if (!first || !second || !third) throw new Error('no orders');
  for (const status of ['confirmed', 'preparing', 'shipped'] as const) await site.admin.move(second.id, status);
  await row(second).locator('xpath=self::*[@data-status="shipped"]').waitFor();
  await box(first).check();
  await box(third).click({ modifiers: ['Shift'] });
  await selected(3);
  await more('Cancel 2…');
  await dialog().getByText('1 of the 3 selected can’t be cancelled').waitFor();
  await dialog().getByRole('button', { name: 'Out of stock' }).click();
  await staff.photograph('cancel');
  await staff.settle();
  await dialog().getByRole('button', { name: 'Cancel 2 orders' }).click();
  await become(orders, ['cancelled', 'shipped', 'cancelled']);
  await selected(1);
  await row(second).getByText('From shipped it cannot go there.').waitFor();
  const { data } = await site.admin.call(calls.getOrderHistory, { id: first.id });
  expect(data.at(-1)?.reason).toBe('Out of stock');
  await staff.page.locator('[data-sonner-toast]').getByRole('button', { name: 'Undo' }).click();
  await become(orders, ['pending', 'shipped', 'pending']);
  expect(staff.errors).toEqual([]);
});

test('selected orders are given to anybody of the team, and to nobody', async () => {
  const orders = await place(2);
  const admin = site.admin.session?.user;
  if (!admin) throw new Error('nobody is logged in');
  const assigned = async (): Promise<unknown[]> =>
    Promise.all(orders.map(async ({ id }) => (await site.admin.call(calls.getOrder, { id })).assigned_to));
  const give = async (name: string): Promise<void> => {
    for (const order of orders) await box(order).check();
    await selected(2);
    await bar().getByRole('button', { name: 'Assign to…' }).click();
    await staff.page.getByRole('menuitemradio', { name }).waitFor();
    await staff.photograph(`assign-${name}`);
    await staff.page.getByRole('menuitemradio', { name }).click();
    await bar().waitFor({ state: 'detached' });
  };
  await give(admin.name);
  await staff.page.getByText('2 orders assigned', { exact: true }).waitFor();
  expect(await assigned()).toEqual([admin.id, admin.id]);
  await give('Nobody');
  await staff.page.getByText('2 orders assigned to nobody').waitFor();
  expect(await assigned()).toEqual([null, null]);
});

test('an assignment of several is taken back; what somebody has assigned since is left, and says so', async () => {
  const [moved, mine, other] = await place(3);
  const [admin, user] = [site.admin.session?.user, site.staff.session?.user];
  if (!moved || !mine || !other || !admin || !user) throw new Error('no orders, or nobody is logged in');
  const orders = [moved, mine, other];
  const give = (id: string, to: string) => site.admin.call(calls.changeOrder, { id, body: { assignee: { id: to } } });
  const assigned = async (): Promise<unknown[]> =>
    Promise.all(orders.map(async ({ id }) => (await site.admin.order(id)).assigned_to));
  const takeBack = staff.page.locator('[data-sonner-toast]').getByRole('button', { name: 'Undo' });
  const { version } = await give(mine.id, admin.id);
  await row(mine).locator(`xpath=self::*[@data-version="${version}"]`).waitFor();
  for (const order of orders) await box(order).check();
  await bar().getByRole('button', { name: 'Assign to me' }).click();
  await staff.page.getByText('3 orders assigned', { exact: true }).waitFor();
  expect(await assigned()).toEqual([user.id, user.id, user.id]);
  await staff.photograph('assigned');
  // A move makes a version too, and is no reason against it; another assignment is.
  await site.admin.move(moved.id, 'confirmed');
  await give(other.id, admin.id);
  await takeBack.click();
  await staff.page.getByText('2 orders taken back').waitFor();
  expect(await assigned()).toEqual([null, admin.id, admin.id]);
  await selected(1);
  await row(other).getByText('Somebody else has assigned it since.').waitFor();
  await staff.photograph('assigned-since');
  expect(await statuses([moved])).toEqual(['confirmed']);
});

test('selected orders are exported as a file, newest first, and stay selected', async () => {
  const orders = await place(3);
  const [newest, , oldest] = orders;
  if (!newest || !oldest) throw new Error('no orders');
  await box(oldest).check();
  await box(newest).check();
  const coming = staff.page.waitForEvent('download');
  await more('Export as CSV');
  const file = await coming;
  expect(file.suggestedFilename()).toMatch(/^orders-\d{4}-\d\d-\d\d\.csv$/);
  const [heading = '', ...rows] = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
  expect(heading).toMatch(/^\uFEFFnumber,id,status,.*internal_note$/);
  expect(rows.map((line) => line.split(',')[1])).toEqual([newest.id, oldest.id]);
  await staff.page.getByText('2 orders exported').waitFor();
  await selected(2);
  expect(staff.errors).toEqual([]);
});
