import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeEach, expect, vi } from 'vitest';
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
    site.visit('freshness-desktop', { viewport: desktop }),
    site.visit('freshness-phone', { viewport: phone, colorScheme: 'dark' }),
  ]);
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
});

beforeEach(async () => {
  await Promise.all([staff, admin].map((visitor) => visitor.comeHome()));
});

afterAll(async () => {
  await Promise.all([staff, admin].map((visitor) => visitor.leave()));
});

const phase = (page: Page, name: string) => page.locator(`[data-testid=connection][data-phase=${name}]`);
const stage = (page: Page, name: string) => page.locator(`[data-stage="${name}"]`);

const edges = async (locator: Locator) => {
  const box = await locator.boundingBox();
  if (!box) throw new Error(`${locator.toString()} is not to be seen`);
  return { top: box.y, bottom: box.y + box.height, left: box.x, right: box.x + box.width };
};

const placeOrder = async () => {
  const customer = await new Api(site.system.gatewayUrl).register();
  const [product] = await customer.products();
  return customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

test('the figures have their places before the first of them has come, so that nothing moves then', async () => {
  const watcher = await site.visit('freshness-figures', { viewport: desktop });
  const { page } = watcher;
  let beating = false;
  await page.routeWebSocket(/\/ws\?/, (socket) => {
    socket.connectToServer().onMessage((text) => {
      if (!String(text).includes('"heartbeat"')) socket.send(text);
      // The figures are as long as they become.
      else if (beating) {
        const figures = { loop_ms: 4_250, backlog_bytes: 2 ** 20 };
        socket.send(
          Object.entries(figures).reduce(
            (frame, [name, value]) => frame.replace(new RegExp(`"${name}":\\d+`, 'g'), `"${name}":${value}`),
            String(text),
          ),
        );
      }
    });
  });
  await watcher.login('staff@example.com');
  await phase(page, 'live').click();
  const panel = page.getByRole('dialog', { name: 'How fresh this page is' });
  await panel.getByText('no figures yet').last().waitFor();
  await watcher.photograph('no-figures');
  const before = await panel.boundingBox();
  beating = true;
  await stage(page, 'Redis').getByText('answers in').waitFor();
  expect(await panel.boundingBox()).toEqual(before);
  await watcher.leave();
});

test('how fresh a page is can be read by keyboard, figure by figure, and a dead bridge is named until it is back', async () => {
  const { page } = staff;
  const placed = await placeOrder();
  await page.locator(`[data-order-number="${placed.number}"]`).waitFor();
  await phase(page, 'live').focus();
  await page.keyboard.press('Enter');
  await page.getByText('Every change shows here as it happens.').waitFor();
  await stage(page, 'Redis').getByText('answers in').waitFor();
  await page.getByTestId('latency').getByText('half within').waitFor();
  await staff.photograph('live');
  await phase(admin.page, 'live').click();
  await stage(admin.page, 'Gateway').waitFor();
  await admin.photograph('live');

  await site.system.part('bridge').kill();
  await Promise.all([phase(page, 'stale').waitFor(), phase(admin.page, 'stale').waitFor()]);
  for (const visitor of [staff, admin]) {
    const words = 'Recent changes may be missing here.';
    await visitor.page.getByTestId('freshness').getByText(words).waitFor();
    await visitor.page.getByTestId('connection-bar').getByText(words).waitFor();
    await visitor.page.locator('[data-stage="Kafka to Redis"][data-late=true]').waitFor();
    await visitor.photograph('stale');
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  }
  await page.keyboard.press('Escape');
  await page.getByTestId('freshness').waitFor({ state: 'detached' });
  await site.system.part('bridge').start();
  await Promise.all([phase(page, 'live').waitFor(), phase(admin.page, 'live').waitFor()]);
  expect([staff.errors, admin.errors]).toEqual([[], []]);
});

test('the connection is as wide whatever it says, counts down to the next try, and tries at once when told to', async () => {
  const said = async ({ page }: Visitor) => (await page.getByTestId('connection').innerText()).trim();
  const width = async ({ page }: Visitor) => (await page.getByTestId('connection').boundingBox())?.width;
  const widths = () => Promise.all([width(staff), width(admin)]);
  const before = await widths();
  await site.system.part('gateway').kill();
  const countsDown = { timeout: 30_000, interval: 50 };
  await vi.waitFor(async () => expect(await said(staff)).toMatch(/^Reconnecting · \d+ s$/), countsDown);
  await vi.waitFor(async () => expect(await said(admin)).toMatch(/^Retry \d+ s$/), countsDown);
  expect(await widths()).toEqual(before);
  for (const visitor of [staff, admin]) {
    await visitor.page.getByTestId('connection').click();
    const words = /^Not connected\. Next try in \d+ s\.$/;
    await visitor.page.getByTestId('freshness').getByText(words).waitFor();
    await visitor.photograph('reconnecting');
  }
  await admin.page.setViewportSize({ width: 360, height: 780 });
  await admin.photograph('narrow');
  expect(await admin.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  await admin.page.setViewportSize(phone);
  const panel = staff.page.getByRole('dialog', { name: 'How fresh this page is' });
  // By itself it would ask no sooner than in three seconds.
  await panel.getByText(/Next try in ([3-9]|\d\d) s/).waitFor();
  await Promise.all([
    staff.page.waitForRequest('**/live/ticket', { timeout: 2_500 }),
    panel.getByRole('button', { name: 'Try now' }).click(),
  ]);
  await site.system.part('gateway').start();
  await panel.getByText('Every change shows here as it happens.').waitFor();
  await panel.getByText('WebSocket', { exact: true }).waitFor();
  await phase(admin.page, 'live').waitFor();
  expect(await widths()).toEqual(before);
}, 120_000);

test('a customer is told how fresh the page is without the name of any part', async () => {
  const customer = await site.visit('freshness-customer', { viewport: phone });
  const { page } = customer;
  await customer.login('customer@example.com');
  await phase(page, 'live').click();
  const panel = page.getByRole('dialog', { name: 'How fresh this page is' });
  await panel.getByText('Every change shows here as it happens.').waitFor();
  await customer.photograph('live');
  const names = /outbox|kafka|redis|bridge|gateway|database|service/i;
  expect(await panel.textContent()).not.toMatch(names);
  await page.goto('/new');
  await phase(page, 'live').waitFor();
  await site.system.part('gateway').kill();
  const bar = page.getByTestId('connection-bar');
  await bar.waitFor();
  expect(await page.locator('body').innerText()).not.toMatch(names);
  await customer.photograph('lost');
  const place = page.getByRole('button', { name: 'Place order' });
  expect((await edges(place)).bottom).toBeLessThan((await edges(bar)).top);
  await page.goto('/');
  await page.getByTestId('failed').waitFor();
  await customer.photograph('failed');
  expect(await page.locator('body').innerText()).not.toMatch(names);
  await site.system.part('gateway').start();
  await phase(page, 'live').waitFor();
  await customer.leave();
});

test('who else is at an order shows on its row, beside the board and on its page, never oneself', async () => {
  const { id, number } = await placeOrder();
  const path = `/orders/${number}`;
  const row = staff.page.locator(`[data-order-id="${id}"]`);
  await row.waitFor();
  await admin.page.goto(path);
  await phase(admin.page, 'live').waitFor();
  await row.getByTestId('people-here').waitFor();
  expect(await row.getByTestId('people-here').textContent()).toContain('is looking');
  await staff.photograph('row');
  expect(await admin.page.getByTestId('people-here').count()).toBe(0);

  await row.locator('[data-row-link]').click();
  await staff.page.getByTestId('people').getByText('is looking').waitFor();
  await admin.page.getByTestId('people').getByText('is looking').waitFor();
  await staff.photograph('order');
  await admin.photograph('order');
  await staff.page
    .getByTestId('drawer')
    .getByRole('button', { name: /^More for order/ })
    .click();
  await staff.page.getByRole('menuitem', { name: /Cancel order/ }).click();
  await admin.page.getByTestId('people').getByText('is moving it').waitFor();
  await admin.photograph('moving');
  await staff.page.goto('/');
  await admin.page.getByTestId('people-here').waitFor({ state: 'detached' });
  expect([staff.errors, admin.errors]).toEqual([[], []]);
});

test('while the link is lost nobody is said to be there, and a notice lies over nothing that is needed', async () => {
  const { number } = await placeOrder();
  await Promise.all([staff, admin].map(({ page }) => page.goto(`/orders/${number}`)));
  const { page } = admin;
  const people = page.getByTestId('people');
  await people.getByText('Sam Staff is looking').waitFor();
  const badge = page.getByTestId('people-here').getByText('SS', { exact: true });
  expect((await edges(people)).left - (await edges(badge)).right).toBeGreaterThanOrEqual(4);

  const action = page.locator('button[data-press]');
  await admin.divertNextChange('**/status', (route) => route.abort());
  await page.getByRole('button', { name: `Confirm order ${number}` }).click();
  const notice = page.locator('[data-sonner-toast]');
  await page.locator('[aria-live=polite]').getByText(`Order ${number} was not moved`).first().waitFor();

  await site.system.part('gateway').kill();
  await phase(page, 'reconnecting').waitFor();
  await badge.waitFor({ state: 'detached' });
  expect(await people.textContent()).toBe('');
  const bar = page.getByTestId('connection-bar');
  await bar.waitFor();
  await vi.waitFor(
    async () => {
      const { top, bottom } = await edges(notice);
      for (const needed of [page.getByRole('heading', { level: 1 }), action, bar]) {
        const other = await edges(needed);
        expect(top >= other.bottom || bottom <= other.top).toBe(true);
      }
    },
    { timeout: 20_000 },
  );
  await admin.photograph('notice');
  await site.system.part('gateway').start();
  await people.getByText('Sam Staff is looking').waitFor();
});
