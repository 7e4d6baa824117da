import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { isFinal, orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { afterAll, expect, vi } from 'vitest';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { allRows, scrollToRow } from '@live-orders/test-support/browser/long-list.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let staff: Visitor;
let admin: Visitor;
/** Sees every change as it comes to the gateway. */
let watcher: Dashboard;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  [staff, admin] = await Promise.all([
    site.visit('offline', { viewport: desktop }),
    site.visit('offline-phone', { viewport: phone, colorScheme: 'dark' }),
  ]);
  watcher = new Dashboard(site.admin);
  await vi.waitFor(() => expect(watcher.client.state.phase).toBe('live'), { timeout: 20_000, interval: 50 });
});

afterAll(async () => {
  watcher.stop();
  await Promise.all([staff, admin].map((visitor) => visitor.leave()));
});

const place = async (count: number): Promise<Order[]> => {
  const orders: Order[] = [];
  for (let n = 0; n < count; n += 1)
    orders.push(await site.customer.placeOrder([{ product_id: site.products[0].id, quantity: 1 }]));
  return orders;
};

test('offline with 200 changes in between, a page says how many orders changed, and is equal to the database', async () => {
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
  const visitors = [staff, admin];
  const moving = await place(150);
  for (const { page } of visitors) await page.locator(`[data-order-id="${moving.at(-1)?.id}"]`).waitFor();

  await Promise.all(visitors.map(({ page }) => page.context().setOffline(true)));
  const began = Date.now();
  for (const { page } of visitors) {
    await page.getByTestId('connection').getByText('Offline', { exact: true }).first().waitFor({ state: 'attached' });
    await page.getByTestId('connection-bar').getByText('This device is offline.').waitFor();
  }
  const orders = moving.map(({ id, version }) => ({ id, version }));
  const { moved } = await site.admin.call(calls.moveOrders, { body: { orders, status: 'confirmed' } });
  expect(moved).toBe(150);
  const placed = await place(50);
  // All of it has come as far as the gateway: what is still on its way when a page is back comes as it happens.
  const versions = [...moving.map(({ id }) => `${id}@2`), ...placed.map(({ id }) => `${id}@1`)];
  await vi.waitFor(() => expect(versions.filter((version) => !watcher.applied.includes(version))).toEqual([]), {
    timeout: 20_000,
    interval: 100,
  });
  await Promise.all(visitors.map((visitor) => visitor.photograph('bar')));
  // A gap of less than five seconds is not told of. However long it was, what is asked for then is the same.
  await vi.waitFor(() => expect(Date.now() - began).toBeGreaterThan(6_000), { timeout: 10_000, interval: 100 });

  // The word about it goes away again by itself.
  const told = visitors.map(({ page }) =>
    page
      .locator('section[aria-live=polite]')
      .getByText(/^Back after \d+ (s|min \d+ s) · 200 orders changed$/)
      .waitFor(),
  );
  await Promise.all(visitors.map(({ page }) => page.context().setOffline(false)));
  await Promise.all(told);
  await Promise.all(visitors.map((visitor) => visitor.photograph('back')));
  const stored = (await site.staff.orders({ status: orderStatuses.filter((status) => !isFinal(status)).join(',') }))
    .map(({ number, status, version }) => [number, status, version] as const)
    .sort(([a], [b]) => b - a);
  for (const { page } of visitors) {
    await page.locator('[data-testid=connection][data-phase=live]').waitFor();
    expect(await allRows(page)).toEqual(stored);
  }
}, 120_000);

test('the page of an order needs no connection, nor that of the next one; what is read beside it comes once there is one', async () => {
  const [first, second] = await place(2);
  if (!first || !second) throw new Error('no orders');
  await Promise.all([staff.comeHome(), admin.comeHome()]);
  for (const { page } of [staff, admin]) {
    await scrollToRow(page, second.number);
    await page.context().setOffline(true);
    await page.getByTestId('connection').getByText('Offline', { exact: true }).first().waitFor({ state: 'attached' });
    await page.locator(`[data-order-id="${second.id}"] a[data-row-link]`).click();
    await page.getByRole('link', { name: `Open order ${second.number} as a page` }).click();
    await page.getByRole('heading', { level: 1, name: `Order #${second.number}` }).waitFor();
    await page.getByRole('button', { name: 'Next order' }).click();
    await page.getByRole('heading', { level: 1, name: `Order #${first.number}` }).waitFor();
    await page.getByText('The history can’t be read at the moment.').waitFor();
    await page.getByText('The other orders can’t be read at the moment.').waitFor();
  }
  await Promise.all([staff, admin].map((visitor) => visitor.photograph('order-page')));
  for (const { page } of [staff, admin]) {
    await page.context().setOffline(false);
    await page.getByTestId('history').getByText('Placed').waitFor();
    await page.getByRole('list', { name: 'Other orders of the customer' }).waitFor();
  }
}, 120_000);
