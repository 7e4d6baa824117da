import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { afterAll, describe, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let staff: Visitor;
let admin: Visitor;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  [staff, admin] = await Promise.all([
    site.visit('mover', { viewport: desktop }),
    site.visit('late-mover', { viewport: phone }),
  ]);
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
});

afterAll(async () => {
  await Promise.all([staff.leave(), admin.leave()]);
});

const place = async (): Promise<Order> => {
  const customer = await new Api(site.system.gatewayUrl).register();
  const [product] = await customer.products();
  return customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

const move = ({ id }: Order, status: OrderStatus) => site.admin.call(calls.moveOrder, { id, body: { status } });
const read = ({ id }: Order): Promise<Order> => site.admin.call(calls.getOrder, { id });

const row = ({ page }: Visitor, { number }: Order) => page.locator(`[data-order-number="${number}"]`);
/** The button that moves an order, and takes that back, whatever it says. */
const button = (visitor: Visitor, { number }: Order) =>
  visitor.page.locator('button:not([aria-haspopup])').filter({ hasText: `order ${number}` });
const isIn = (visitor: Visitor, order: Order, status: OrderStatus) =>
  visitor.page.locator(`[data-order-number="${order.number}"][data-status="${status}"]`).waitFor();

/** Presses the button of an order, and once more `ms` later; gives how many ms there were in between. */
const pressTwice = ({ number }: Order, ms: number): Promise<number> =>
  staff.page.evaluate(
    `new Promise((done) => {
      const button = document.querySelector('[data-order-number="${number}"] button[data-press]');
      const began = performance.now();
      button.click();
      setTimeout(() => {
        done(performance.now() - began);
        button.click();
      }, ${ms});
    })`,
  );

describe('a move', () => {
  test.each([50, 120, 180, 300])(
    'is not followed by the next when its button is pressed again after %i ms',
    async (ms) => {
      await staff.comeHome();
      let order: Order;
      // A press that a busy machine has made later than 700 ms after the first one tells nothing: it may mean Undo.
      do {
        order = await place();
        await button(staff, order).waitFor();
      } while ((await pressTwice(order, ms)) >= 700);
      await isIn(staff, order, 'confirmed');
      await staff.settle();
      expect(await read(order)).toMatchObject({ status: 'confirmed', version: 2 });
    },
  );

  test('is chosen by the keyboard alone, and the menu begins at its first entry', async () => {
    await staff.comeHome();
    const order = await place();
    await row(staff, order)
      .getByRole('button', { name: `More for order ${order.number}` })
      .focus();
    await staff.page.keyboard.press('Enter');
    await staff.page.locator('[role=menuitem]:focus', { hasText: 'Cancel order' }).waitFor();
    await staff.page.keyboard.press('Escape');
    await row(staff, order).locator('button:focus').waitFor();
  });

  test('can be taken back by the button that made it, which keeps its place and the focus', async () => {
    await staff.comeHome();
    const order = await place();
    const press = button(staff, order);
    const { width } = (await press.boundingBox()) ?? {};
    await press.focus();
    await staff.page.keyboard.press('Enter');
    await press.getByText('Undo').waitFor();
    await staff.photograph('undo');
    expect(await press.isDisabled()).toBe(false);
    expect((await press.boundingBox())?.width).toBe(width);
    expect(await press.evaluate('document.activeElement?.textContent')).toContain('Undo');
    await staff.settle();
    await staff.page.keyboard.press('Enter');
    await isIn(staff, order, 'pending');
    await press.getByText('Confirm').waitFor();
    expect(await read(order)).toMatchObject({ status: 'pending', version: 3 });
    expect(staff.errors).toEqual([]);
  });

  test('of an order that leaves the filter by it can be taken back, too', async () => {
    await staff.page.goto('/?status=pending&sort=newest');
    const order = await place();
    await button(staff, order).click();
    await isIn(staff, order, 'confirmed');
    for (const width of [1440, 1024, 390]) {
      await staff.page.setViewportSize({ width, height: 844 });
      await staff.photograph(`leaving-${width}`);
      expect(await staff.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    }
    await staff.page.setViewportSize(desktop);
    await staff.settle();
    await button(staff, order).getByText('Undo').click();
    await isIn(staff, order, 'pending');
  });

  test('that could not be taken back still can be', async () => {
    await staff.comeHome();
    const order = await place();
    await button(staff, order).click();
    await button(staff, order).getByText('Undo').waitFor();
    await staff.settle();
    await staff.divertNextChange(`**/${order.id}/undo`, (route) => route.abort());
    await button(staff, order).click();
    await staff.page.getByText(`Order ${order.number} was not taken back`).first().waitFor();
    await button(staff, order).getByText('Undo').waitFor();
    await staff.settle();
    await button(staff, order).click();
    await isIn(staff, order, 'pending');
    staff.errors.length = 0;
  });

  test('that cancels leaves its row where it is, with the focus on what takes it back', async () => {
    const word = crypto.randomUUID();
    const customer = await new Api(site.system.gatewayUrl).register();
    const items = [{ product_id: site.products[0]?.id ?? '', quantity: 1 }];
    const [order, other] = [await customer.placeOrder(items, word), await customer.placeOrder(items, word)];
    await staff.page.goto(`/?q=${word}`);
    await button(staff, other).waitFor();
    const top = async (one: Order) => (await row(staff, one).boundingBox())?.y ?? 0;
    const isFirst = async () => (await top(order)) < (await top(other));
    expect(await isFirst()).toBe(true);
    await row(staff, order)
      .getByRole('button', { name: `More for order ${order.number}` })
      .click();
    await staff.page.getByRole('menuitem', { name: 'Cancel order' }).click();
    await staff.page.getByRole('alertdialog').getByRole('button', { name: 'Cancel order' }).click();
    await row(staff, order).locator('button[data-press=undo]:focus').waitFor();
    expect(await isFirst()).toBe(true);
    await staff.settle();
    await staff.page.keyboard.press('Enter');
    await isIn(staff, order, 'pending');
    expect(await isFirst()).toBe(true);
    expect(staff.errors).toEqual([]);
  });

  test('goes through where somebody else has only noted something meanwhile', async () => {
    await staff.comeHome();
    const order = await place();
    const body = { internal_note: 'Fragile' };
    await staff.beforeNextChange(`**/${order.id}/**`, () => site.admin.call(calls.changeOrder, { id: order.id, body }));
    await button(staff, order).click();
    await isIn(staff, order, 'confirmed');
    expect(await read(order)).toMatchObject({ status: 'confirmed', version: 3, internal_note: 'Fragile' });
    staff.errors.length = 0;
  });
});

describe('where somebody else was faster', () => {
  test('the row says who moved the order where, and it is left or moved anyway', async () => {
    await staff.comeHome();
    const order = await place();
    await staff.beforeNextChange(`**/${order.id}/**`, () => move(order, 'cancelled'));
    await button(staff, order).click();
    const told = row(staff, order).getByRole('alert');
    await told.getByText('cancelled').waitFor();
    expect(await told.innerText()).toMatch(/^Not moved to confirmed: .+ moved it to cancelled just now/);
    await staff.photograph('conflict');
    await told.getByRole('button', { name: 'All right' }).click();
    await told.waitFor({ state: 'detached' });
    staff.errors.length = 0;
  });

  test('a cancellation keeps its reason, and is asked for anew', async () => {
    await staff.comeHome();
    const order = await place();
    await staff.page.getByRole('button', { name: `More for order ${order.number}` }).click();
    await staff.page.getByRole('menuitem', { name: 'Cancel order' }).click();
    const dialog = staff.page.getByRole('alertdialog');
    await dialog.getByLabel('Reason').fill('Ordered twice');
    await move(order, 'confirmed');
    await dialog.getByText('It was moved to confirmed').waitFor();
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('Ordered twice');
    await staff.photograph('cancel-live');
    await staff.settle();
    await staff.beforeNextChange(`**/${order.id}/**`, () => move(order, 'preparing'));
    await dialog.getByRole('button', { name: 'Cancel order' }).click();
    const told = row(staff, order).getByRole('alert');
    await told.getByRole('button', { name: 'Cancel anyway' }).click();
    await vi.waitFor(async () => expect(await read(order)).toMatchObject({ status: 'cancelled' }), { timeout: 20_000 });
    const { data } = await site.admin.call(calls.getOrderHistory, { id: order.id });
    expect(data.at(-1)).toMatchObject({ to: 'cancelled', reason: 'Ordered twice' });
    staff.errors.length = 0;
  });

  test('who did the same is no error', async () => {
    await staff.comeHome();
    const order = await place();
    await staff.beforeNextChange(`**/${order.id}/**`, () => move(order, 'confirmed'));
    await button(staff, order).click();
    await staff.page.getByText(`Order ${order.number} is confirmed already.`).waitFor({ state: 'attached' });
    expect(await staff.page.locator('[data-sonner-toast]').count()).toBe(0);
    staff.errors.length = 0;
  });
});

describe('the rows', () => {
  test('stay where they are while the pointer rests among them, until what is new is asked for', async () => {
    await staff.comeHome();
    const first = await place();
    await button(staff, first).hover();
    const { y } = (await button(staff, first).boundingBox()) ?? {};
    const second = await place();
    const waiting = staff.page.getByTestId('board').getByRole('button', { name: '1 new' });
    await waiting.waitFor();
    expect((await button(staff, first).boundingBox())?.y).toBe(y);
    expect(await row(staff, second).count()).toBe(0);
    await staff.photograph('waiting');
    await staff.page.keyboard.press('n');
    await row(staff, second).waitFor();
    await waiting.waitFor({ state: 'detached' });
    const third = await place();
    await waiting.waitFor();
    await staff.page.mouse.move(1, 1);
    await row(staff, third).waitFor();
  });
});

describe('the history of an order', () => {
  test('offers to take the last move back, from administrators with a reason when it was made a while ago', async ({
    database,
  }) => {
    const order = await place();
    await move(order, 'confirmed');
    await admin.page.goto(`/orders/${order.number}`);
    await admin.page.getByRole('button', { name: 'Take back' }).click();
    await isIn(admin, order, 'pending');
    await admin.page.getByText('Confirmed taken back').waitFor();
    await move(order, 'cancelled');
    await database.query(
      `UPDATE order_status_history SET created_at = created_at - interval '1 day' WHERE order_id = $1 AND version = 4`,
      [order.id],
    );
    await admin.page.getByRole('button', { name: 'Take back' }).click();
    const dialog = admin.page.getByRole('alertdialog');
    await dialog.getByLabel('Reason').fill('Cancelled by mistake');
    await admin.photograph('reason');
    await dialog.getByRole('button', { name: 'Take back' }).click();
    await isIn(admin, order, 'pending');
    await admin.page.getByText('Cancelled taken back').waitFor();
    await admin.page.getByText('“Cancelled by mistake”').waitFor();
    await admin.photograph('taken-back');
    admin.errors.length = 0;
  });
});
