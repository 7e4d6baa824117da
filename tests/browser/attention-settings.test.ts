import type { Page } from 'playwright-core';
import { afterAll, beforeEach, expect } from 'vitest';
import { violations } from '@live-orders/test-support/browser/accessibility.ts';
import {
  bell,
  closePanel,
  dialog,
  ears,
  hasStarted,
  openPanel,
  shows,
  tones,
  turn,
} from '@live-orders/test-support/browser/attention-page.ts';
import { desktop, phone, type Visitor } from '@live-orders/test-support/browser/browser.ts';
import { PunctualShop } from '@live-orders/test-support/fixtures/punctual-shop.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;
let shop: PunctualShop;
let staff: Visitor;
let page: Page;

test.beforeAll(async ({ site: opened, database }) => {
  site = opened;
  shop = new PunctualShop(site, database);
  await shop.begin();
  staff = await site.visit('attention-settings', { viewport: desktop });
  page = staff.page;
  await page.addInitScript(ears);
  await staff.login('staff@example.com');
});

afterAll(async () => {
  await staff.leave();
  await shop.end();
});

beforeEach(async () => {
  await shop.delay();
  await page.evaluate('localStorage.clear(), sessionStorage.clear()');
  await staff.comeHome();
});

test('settings survive a reload, and reach the other tabs of the browser', async () => {
  await turn(page, 'Sound', 'Keep the screen awake');
  const other = await page.context().newPage();
  await other.goto('/');
  await turn(other, 'Sound');
  await shows(page, 'sound', 'off');
  await other.close();
  await staff.comeHome();
  await openPanel(page);
  const checked = () => dialog(page).getByRole('switch', { checked: true });
  expect(await checked().count()).toBe(1);
  expect(await checked().getAttribute('aria-label')).toBe('Keep the screen awake');
  expect(staff.errors).toEqual([]);
});

test('a browser that keeps nothing has the settings for as long as the page is open', async () => {
  const forgetful = await site.visit('attention-forgetful', { viewport: desktop });
  await forgetful.page.addInitScript(`
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('Denied', 'SecurityError'); } });
  `);
  await forgetful.login('staff@example.com');
  await turn(forgetful.page, 'Sound');
  await shows(forgetful.page, 'sound', 'on');
  await forgetful.comeHome();
  await shows(forgetful.page, 'sound', 'off');
  expect(forgetful.errors).toEqual([]);
  await forgetful.leave();
});

test('notifications stay off where the browser denies them, which the panel says', async () => {
  await turn(page, 'Desktop notifications');
  await openPanel(page);
  await dialog(page).getByText('Blocked: allow notifications').waitFor();
  expect(await dialog(page).getByRole('switch', { name: 'Desktop notifications' }).getAttribute('aria-checked')).toBe(
    'false',
  );
  await staff.photograph('denied');
});

test('the screen stays awake where the browser allows it, and the panel says where it does not', async () => {
  await turn(page, 'Keep the screen awake');
  await openPanel(page);
  const refused = dialog(page).getByText('The browser does not allow it at the moment.');
  await refused.waitFor();
  await page.context().grantPermissions(['screen-wake-lock']);
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await refused.waitFor({ state: 'detached' });
  await dialog(page).getByText('While this page is in front.').waitFor();
  expect(staff.errors).toEqual([]);
});

test('bell and panel work by keyboard, fit a phone, and have no fault that axe finds', async () => {
  await shop.makeLate(await shop.place());
  await shows(page, 'unseen', '1');
  for (const [theme, viewport] of [
    ['light', desktop],
    ['dark', desktop],
    ['light', phone],
    ['dark', phone],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(viewport);
    await bell(page).focus();
    await page.keyboard.press('Enter');
    await dialog(page).getByText('1 late order').waitFor();
    await staff.photograph(`${theme}-${viewport.width}`);
    expect(await violations(page, '[role=dialog]')).toEqual([]);
    expect(await violations(page, '[data-testid=attention]')).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await closePanel(page);
    await page.locator('[data-testid=attention]:focus').waitFor();
  }
  await page.setViewportSize(desktop);
  await openPanel(page);
  await dialog(page).getByRole('button', { name: 'Test the tone' }).focus();
  await page.keyboard.press('Enter');
  await hasStarted(page, [tones.fresh, tones.late]);
  expect(staff.errors).toEqual([]);
});
