import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';

let site: Site;
let staff: Visitor;
let thumb: Visitor;
let buyer: Api;
/** The word by which the board shows the orders of this file alone. */
const word = crypto.randomUUID();
/** Three orders of one customer, the newest first. */
let orders: [Order, Order, Order];

const place = (): Promise<Order> =>
  buyer.placeOrder([{ product_id: site.products[0]?.id ?? '', quantity: 2 }], `Ring twice ${word}`);

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  buyer = await new Api(site.system.gatewayUrl).register(`Dora ${crypto.randomUUID()}`);
  const [third, second, first] = [await place(), await place(), await place()];
  orders = [first, second, third];
  [staff, thumb] = await Promise.all([
    site.visit('drawer', { viewport: desktop, colorScheme: 'light' }),
    site.visit('drawer-phone', { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true }),
  ]);
  await Promise.all([staff.login('staff@example.com'), thumb.login('admin@example.com')]);
});

beforeEach(async () => {
  for (const { page, errors } of [staff, thumb]) {
    errors.length = 0;
    await page.goto(`/?sort=newest&q=${word}`);
    await page.locator('[data-testid=connection][data-phase=live]').waitFor();
    await row({ page }, orders[2]).waitFor();
  }
});

afterAll(async () => {
  await Promise.all([staff.leave(), thumb.leave()]);
});

type AtPage = Pick<Visitor, 'page'>;
const row = ({ page }: AtPage, { number }: Order) =>
  page.locator(`[data-testid=board] [data-order-number="${number}"]`);
const drawer = ({ page }: AtPage) => page.getByTestId('drawer');
const heading = (visitor: AtPage, { number }: Order) =>
  drawer(visitor).getByRole('heading', { name: `Order #${number}`, exact: true });
const path = ({ page }: AtPage): string => new URL(page.url()).pathname;
const link = (visitor: AtPage, order: Order) => row(visitor, order).locator('a[data-row-link]');

const hasSlidIn = ({ page }: AtPage) =>
  page.evaluate(
    `Promise.all(document.querySelector('[data-testid=drawer]').getAnimations().map((one) => one.finished)).then(() => null)`,
  );

describe('an order opens beside the board', () => {
  test('which stays as it is; j and k lead on, and Esc back to the row of the last one', async () => {
    const [first, second, third] = orders;
    const before = await row(staff, third).boundingBox();
    await link(staff, first).click();
    await heading(staff, first).and(staff.page.locator(':focus')).waitFor();
    expect(path(staff)).toBe(`/orders/${first.number}`);
    expect(await row(staff, third).boundingBox()).toEqual(before);
    await drawer(staff).getByTestId('history').getByText('Placed').waitFor();
    await drawer(staff).getByText('2 other orders').waitFor();
    await drawer(staff).getByText('1 of 3').waitFor();
    await hasSlidIn(staff);
    await staff.photograph('open');
    expect(await violations(staff.page)).toEqual([]);

    await staff.page.keyboard.press('j');
    await heading(staff, second).and(staff.page.locator(':focus')).waitFor();
    await staff.page.keyboard.press('j');
    await heading(staff, third).and(staff.page.locator(':focus')).waitFor();
    expect(path(staff)).toBe(`/orders/${third.number}`);
    await staff.page.keyboard.press('k');
    await heading(staff, second).and(staff.page.locator(':focus')).waitFor();
    await staff.page.keyboard.press('Escape');
    await link(staff, second).and(staff.page.locator(':focus')).waitFor();
    expect(await drawer(staff).count()).toBe(0);
    expect(new URL(staff.page.url()).searchParams.get('q')).toBe(word);
    expect(staff.errors).toEqual([]);
  });

  test('and is closed by the key that searches, which it may lie over', async () => {
    const [first] = orders;
    const before = staff.page.url();
    await link(staff, first).click();
    await heading(staff, first).and(staff.page.locator(':focus')).waitFor();
    await staff.page.keyboard.press('/');
    const field = staff.page.getByRole('searchbox', { name: 'Search by order number' });
    await field.and(staff.page.locator(':focus')).waitFor();
    await staff.page.keyboard.type(String(first.number));
    await staff.page.waitForURL((url) => url.searchParams.get('q') === String(first.number));
    expect(await drawer(staff).count()).toBe(0);
    await row(staff, first).waitFor();
    await staff.page.goto(before);
    await row(staff, first).waitFor();
  });

  test('where it is followed live, moved, and moved by others, without a row changing its place', async () => {
    const order = await place();
    await link(staff, order).click();
    await heading(staff, order).waitFor();
    const before = await row(staff, orders[2]).boundingBox();
    await staff.page.mouse.move(5, 5);
    const later = await place();
    await staff.page.getByRole('button', { name: /^1 new/ }).waitFor();
    expect(await row(staff, later).count()).toBe(0);
    expect(await row(staff, orders[2]).boundingBox()).toEqual(before);
    await drawer(staff)
      .getByRole('button', { name: `Confirm order ${order.number}` })
      .click();
    await drawer(staff).getByTestId('history').getByText('Confirmed').waitFor();
    await site.admin.move(order.id, 'preparing');
    await drawer(staff).getByTestId('history').getByText('Preparing').waitFor();
    await row(staff, order).and(staff.page.locator('[data-status=preparing]')).waitFor();
    await drawer(staff).getByRole('button', { name: 'Close' }).click();
    await row(staff, later).waitFor();
    for (const { id, version } of [order, later]) {
      const now = await site.admin.order(id);
      await site.admin.call(calls.moveOrder, { id: now.id, body: { status: 'cancelled', reason: 'Test' } });
      expect(now.version).toBeGreaterThanOrEqual(version);
    }
    expect(staff.errors).toEqual([]);
  });

  test('without a connection, too, from what the board has', async () => {
    const [first] = orders;
    const connect = await staff.divert('**/api/**', (route) => route.abort());
    await link(staff, first).click();
    await heading(staff, first).waitFor();
    await drawer(staff).getByText(`Ring twice ${word}`).waitFor();
    await drawer(staff).getByText('The other orders can’t be read at the moment.').waitFor();
    await drawer(staff).getByText('The history can’t be read at the moment.').waitFor();
    connect();
  });

  test.each([640, 768, 1023])('beside the rail at %i px, with nothing of it below that', async (width) => {
    await staff.page.setViewportSize({ width, height: 900 });
    await link(staff, orders[0]).click();
    await heading(staff, orders[0]).and(staff.page.locator(':focus')).waitFor();
    await hasSlidIn(staff);
    const [rail, open] = [await staff.page.locator('.rail').boundingBox(), await drawer(staff).boundingBox()];
    expect([open?.x, open && open.x + open.width]).toEqual([rail && rail.x + rail.width, width]);
    await staff.photograph(`beside-the-rail-${width}`);
    await staff.page.setViewportSize(desktop);
  });

  test('over the whole page of a phone, whose Back leads to where the list was', async () => {
    const [first, second] = orders;
    const before = await row(thumb, second).boundingBox();
    await link(thumb, second).tap();
    await heading(thumb, second).waitFor();
    await drawer(thumb).getByTestId('history').getByText('Placed').waitFor();
    await vi.waitFor(async () => expect(await drawer(thumb).boundingBox()).toMatchObject({ x: 0, width: phone.width }));
    expect(await row(thumb, first).isVisible()).toBe(false);
    expect(await violations(thumb.page)).toEqual([]);
    await thumb.photograph('open');
    await drawer(thumb)
      .getByRole('link', { name: `#${first.number}` })
      .tap();
    await heading(thumb, first).and(thumb.page.locator(':focus')).waitFor();
    expect(await thumb.page.evaluate('document.querySelector("[data-testid=drawer]").scrollTop')).toBe(0);
    await thumb.page.goBack();
    await row(thumb, second).waitFor();
    expect(await drawer(thumb).count()).toBe(0);
    expect(await row(thumb, second).boundingBox()).toEqual(before);
    expect(thumb.errors).toEqual([]);
  });
});

describe('the address of an order that is open beside the board', () => {
  test('is that of its page: a reload shows the page, and Back from there the board', async () => {
    const [, second] = orders;
    await link(staff, second).click();
    await heading(staff, second).waitFor();
    await staff.page.reload();
    await staff.page.getByRole('heading', { level: 1, name: `Order #${second.number}` }).waitFor();
    // Before its scripts run, a page does not know what Back means.
    await staff.page.locator('[data-testid=connection][data-phase=live]').waitFor();
    expect(await drawer(staff).count()).toBe(0);
    await staff.page.goBack();
    await link(staff, second).and(staff.page.locator(':focus')).waitFor();
    expect(new URL(staff.page.url()).searchParams.get('q')).toBe(word);
  });

  test('leads to the page by its own link, and Back from there to the order beside the board', async () => {
    const [, second] = orders;
    await link(staff, second).click();
    await drawer(staff)
      .getByRole('link', { name: `Open order ${second.number} as a page` })
      .click();
    await staff.page.getByRole('heading', { level: 1, name: `Order #${second.number}` }).waitFor();
    await staff.page.getByText('2 of 3').waitFor();
    await staff.page.goBack();
    await heading(staff, second).waitFor();
    await staff.page.keyboard.press('Escape');
    await link(staff, second).and(staff.page.locator(':focus')).waitFor();
    expect(staff.errors).toEqual([]);
  });

  test('is given to another tab by a click that asks for one', async () => {
    const [first] = orders;
    const opened = staff.page.context().waitForEvent('page');
    await link(staff, first).click({ modifiers: ['ControlOrMeta'] });
    const page = await opened;
    await page.waitForURL(`/orders/${first.number}`, { waitUntil: 'commit' });
    await page.close();
    expect(await drawer(staff).count()).toBe(0);
  });
});

test('what is printed of an order beside the board is its packing slip alone', async () => {
  const [first] = orders;
  await link(staff, first).click();
  await heading(staff, first).waitFor();
  await staff.page.emulateMedia({ media: 'print' });
  await staff.page.getByTestId('packing-slip').getByText(`#${first.number}`).waitFor();
  expect(await drawer(staff).isVisible()).toBe(false);
  expect(await row(staff, first).isVisible()).toBe(false);
  await staff.page.emulateMedia({ media: 'screen' });
});
