import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { afterAll, beforeEach, expect, vi } from 'vitest';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let staff: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  staff = await site.visit('columns', { viewport: desktop });
  await staff.login('staff@example.com');
});

beforeEach(async () => {
  await staff.page.setViewportSize(desktop);
  await open();
});

afterAll(() => staff.leave());

const open = async (): Promise<void> => {
  await staff.page.goto('/?view=columns&sort=newest');
  await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
  // Where it rests on no card.
  await staff.page.mouse.move(1, 1);
};

const place = (note?: string): Promise<Order> =>
  site.customer.placeOrder(
    site.products.map(({ id }, index) => ({ product_id: id, quantity: index + 1 })),
    note,
  );

const column = (status: OrderStatus) => staff.page.locator(`[data-column=${status}]`);
const card = (order: Order, status: OrderStatus) => column(status).locator(`[data-order-number="${order.number}"]`);
const read = ({ id }: Order): Promise<Order> => site.admin.call(calls.getOrder, { id });
const becomes = (order: Order, status: OrderStatus) =>
  vi.waitFor(async () => expect((await read(order)).status).toBe(status), { timeout: 10_000, interval: 50 });

test('a card says all that is to be done, and goes from column to column as its order does', async () => {
  const order = await place('Nuts make me ill');
  const here = card(order, 'pending');
  for (const { name } of site.products) await here.getByText(name).waitFor();
  await here.getByText('Nuts make me ill').waitFor();
  expect((await here.locator('[data-press=move]').boundingBox())?.height).toBeGreaterThanOrEqual(44);
  await staff.photograph('desktop');
  await site.admin.move(order.id, 'confirmed');
  await card(order, 'confirmed').waitFor();
  expect(await here.count()).toBe(0);
});

test('a card is dragged one column on, or to where it is cancelled, and nowhere else', async () => {
  const [first, second] = [await place(), await place()];
  await card(second, 'pending').waitFor();
  await card(first, 'pending').dragTo(column('confirmed'));
  await card(first, 'confirmed').waitFor();
  await becomes(first, 'confirmed');
  await card(second, 'pending').dragTo(column('shipped'));
  await card(second, 'pending').waitFor();
  expect(await read(second)).toMatchObject({ status: 'pending', version: 1 });

  const box = await card(second, 'pending').locator('h3').boundingBox();
  await staff.page.mouse.move((box?.x ?? 0) + 80, box?.y ?? 0);
  await staff.page.mouse.down();
  await staff.page.mouse.move(700, 500, { steps: 5 });
  await column('cancelled').waitFor();
  await staff.photograph('dragging');
  await staff.page.mouse.move(700, desktop.height - 40, { steps: 5 });
  await staff.page.mouse.up();
  await staff.page.getByRole('alertdialog').getByText(String(second.number)).first().waitFor();
  await staff.page.keyboard.press('Escape');
});

test('by keyboard alone: beside, on and back', async () => {
  const [moved, order] = [await place(), await place()];
  await site.admin.move(moved.id, 'confirmed');
  await card(moved, 'confirmed').waitFor();
  await card(order, 'pending').locator('a').focus();
  await staff.page.keyboard.press('ArrowRight');
  await column('confirmed').locator('a:focus').waitFor();
  await staff.page.keyboard.press('ArrowLeft');
  await card(order, 'pending').locator('a:focus').waitFor();
  await staff.page.keyboard.press('m');
  await becomes(order, 'confirmed');
  // The card keeps its place and the focus, as long as somebody is in it.
  await card(order, 'pending').locator('[data-press=undo]').waitFor();
  await staff.settle();
  await staff.page.keyboard.press('u');
  await becomes(order, 'pending');
  expect(await card(order, 'pending').locator('a:focus').count()).toBe(1);
});

test('nothing moves under the pointer: who was moved by others stays, and says where it is', async () => {
  const order = await place();
  await card(order, 'pending').hover();
  await site.admin.move(order.id, 'confirmed');
  await card(order, 'pending').getByText('Confirmed', { exact: true }).waitFor();
  const other = await place();
  await staff.page
    .getByTestId('board')
    .getByRole('button', { name: /^\d+ new$/ })
    .waitFor();
  expect(await card(other, 'pending').count()).toBe(0);
  await staff.page.mouse.move(1, 1);
  await card(order, 'confirmed').waitFor();
  await card(other, 'pending').waitFor();
});

test('an order is shown where it goes at once, and back again with the reason when that is refused', async () => {
  const order = await place();
  const asked = Promise.withResolvers<() => void>();
  const letThrough = await staff.divert('**/status', async (route) => {
    await new Promise<void>((go) => asked.resolve(go));
    await route.fulfill({
      status: 503,
      json: { type: 'about:blank', title: 'Away', status: 503, code: 'unavailable', detail: '' },
    });
  });
  await card(order, 'pending').dragTo(column('confirmed'));
  const answer = await asked.promise;
  await card(order, 'confirmed').getByText('Confirming…').waitFor();
  answer();
  await staff.page
    .getByText(`It is not known whether order ${order.number} was moved`)
    .or(staff.page.getByText(`Order ${order.number} was not moved`))
    .first()
    .waitFor();
  await card(order, 'pending').waitFor();
  letThrough();
});

test('on a phone there is one column at a time, which is swiped', async () => {
  await staff.page.setViewportSize(phone);
  await open();
  const order = await place();
  await card(order, 'pending').waitFor();
  const [one, next] = await Promise.all([column('pending').boundingBox(), column('confirmed').boundingBox()]);
  expect(one?.width).toBeGreaterThan(phone.width * 0.85);
  expect(next?.x).toBeGreaterThan(phone.width * 0.95);
  expect(await staff.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  await staff.photograph('phone');
});
