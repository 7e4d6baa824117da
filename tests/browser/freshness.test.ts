import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { Api } from '../support/api.ts';
import { desktop, phone, type Visitor } from '../support/browser.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let staff: Visitor;
let admin: Visitor;

beforeAll(async () => {
  site = await openSite(inject('servers'));
});

afterAll(() => site.close());

beforeEach(async () => {
  [staff, admin] = await Promise.all([
    site.visit('freshness-desktop', { viewport: desktop }),
    site.visit('freshness-phone', { viewport: phone, colorScheme: 'dark' }),
  ]);
  await Promise.all([staff.login('staff@example.com'), admin.login('admin@example.com')]);
});

afterEach(async () => {
  await Promise.all([staff, admin].map((visitor) => visitor.leave()));
});

const phase = (page: Page, name: string) => page.locator(`[data-testid=connection][data-phase=${name}]`);
const stage = (page: Page, name: string) => page.locator(`[data-stage="${name}"]`);

test('how fresh a page is can be read by keyboard, figure by figure, and a dead bridge is named until it is back', async () => {
  const { page } = staff;
  const api = new Api(site.system.gatewayUrl);
  const customer = await api.register();
  const [product] = await customer.products();
  const placed = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
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
    const words = 'The bridge from Kafka to Redis does not answer, so changes may be missing here.';
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

test('who else is at an order shows on its row and on its page, never oneself', async () => {
  const api = new Api(site.system.gatewayUrl);
  const customer = await api.register();
  const [product] = await customer.products();
  const { id } = await customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
  const path = `/orders/${id}`;
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
  await staff.page.getByRole('button', { name: /^More for order/ }).click();
  await staff.page.getByRole('menuitem', { name: /Cancel order/ }).click();
  await admin.page.getByTestId('people').getByText('is moving it').waitFor();
  await admin.photograph('moving');
  await staff.page.goto('/');
  await admin.page.getByTestId('people-here').waitFor({ state: 'detached' });
  expect([staff.errors, admin.errors]).toEqual([[], []]);
});
