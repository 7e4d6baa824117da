import type { Page } from 'playwright-core';
import { afterAll, beforeEach, describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { Api } from '@live-orders/test-support/clients/api.ts';
import {
  bell,
  dialog,
  ears,
  hasNotified,
  hasSaid,
  hasStarted,
  openPanel,
  shows,
  started,
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
  staff = await site.visit('attention', { viewport: desktop });
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

const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000 });

describe('a new order', () => {
  test('is announced, and makes no sound unless somebody has asked for it', async () => {
    await shows(page, 'sound', 'off');
    await shop.place();
    await hasSaid(page, ['1 new order']);
    expect(await started(page)).toEqual([]);
    expect(staff.errors).toEqual([]);
  });

  test('sounds once while sound is on, and no more once it is off', async () => {
    await turn(page, 'Sound');
    await shows(page, 'sound', 'on');
    await shop.place();
    await hasSaid(page, ['1 new order']);
    expect(await started(page)).toEqual([tones.fresh]);
    await turn(page, 'Sound');
    await shows(page, 'sound', 'off');
    await shop.place();
    await hasSaid(page, ['1 new order', '1 new order']);
    expect(await started(page)).toEqual([tones.fresh]);
  });

  test('with four others at once sounds once, and all are announced together', async () => {
    const gate: { open: boolean; texts: string[]; send: (text: string) => void } = {
      open: true,
      texts: [],
      send: () => undefined,
    };
    await page.routeWebSocket(/\/ws\?/, (socket) => {
      gate.send = (text) => socket.send(text);
      socket.connectToServer().onMessage((text) => {
        if (gate.open) socket.send(text);
        else gate.texts.push(String(text));
      });
    });
    await staff.comeHome();
    await turn(page, 'Sound');
    const buyers = await Promise.all(Array.from({ length: 5 }, () => new Api(site.system.gatewayUrl).register()));
    gate.open = false;
    await Promise.all(buyers.map((buyer) => shop.place(buyer)));
    await until(async () => expect(gate.texts.join('').match(/"new_order"/g)).toHaveLength(5));
    gate.open = true;
    // Each message in a frame of its own, so that the page hears of them one after the other.
    const messages = z.array(z.unknown()).parse(gate.texts.flatMap((text): unknown => JSON.parse(text)));
    for (const message of messages) gate.send(JSON.stringify([message]));
    await hasSaid(page, ['5 new orders']);
    expect(await started(page)).toEqual([tones.fresh]);
    expect(staff.errors).toEqual([]);
  });

  test('is no news to a browser that holds sound back, which says so until somebody presses something', async () => {
    await turn(page, 'Sound');
    await page.evaluate("sessionStorage.setItem('silent', 'yes')");
    await staff.comeHome();
    await shows(page, 'sound', 'blocked');
    expect(await bell(page).getAttribute('title')).toBe('Press to allow sound');
    await staff.photograph('blocked');
    await shop.place();
    await hasSaid(page, ['1 new order']);
    expect(await started(page)).toEqual([]);
    await page.getByRole('heading', { name: 'Orders' }).click();
    await shows(page, 'sound', 'on');
    await shop.place();
    await hasStarted(page, [tones.fresh]);
  });
});

describe('an order that becomes late', () => {
  test('shows at the bell, sounds otherwise, and is repeated until somebody acknowledges it', async () => {
    const watcher = await site.visit('attention-late', { viewport: desktop });
    const of = watcher.page;
    await of.addInitScript(ears);
    await of.clock.install();
    await watcher.login('staff@example.com');
    await turn(of, 'Sound', 'Repeat');
    const lateTones = async () =>
      (await of.evaluate<string[]>('window.started')).filter((wave) => wave === tones.late).length;
    await shop.makeLate(await shop.place());
    await shows(of, 'unseen', '1');
    await until(async () => expect(await lateTones()).toBe(1));
    await until(async () => expect((await of.evaluate<string[]>('window.said')).join()).toMatch(/1 late/));

    await of.clock.fastForward(31_000);
    await until(async () => expect(await lateTones()).toBe(2));
    await openPanel(of);
    await dialog(of).getByText('1 late order').waitFor();
    await watcher.photograph('panel');
    await dialog(of).getByRole('button', { name: 'Acknowledge' }).click();
    await shows(of, 'unseen', '0');
    await dialog(of).getByRole('button', { name: 'Acknowledged' }).waitFor();
    await of.clock.fastForward(31_000);
    await of.clock.fastForward(31_000);
    expect(await lateTones()).toBe(2);
    await watcher.leave();
  });

  test('was no news to a page that opened afterwards, which counts it', async () => {
    await turn(page, 'Sound');
    const order = await shop.place();
    await shop.makeLate(order);
    await shows(page, 'unseen', '1');
    await staff.comeHome();
    await shows(page, 'unseen', '1');
    await page.getByRole('heading', { name: 'Orders' }).click();
    await shows(page, 'sound', 'on');
    await shop.place();
    await hasSaid(page, ['1 new order']);
    expect(await started(page)).toEqual([tones.fresh]);
  });
});

test('of several tabs one sounds, and another one once that is closed; what is acknowledged in one is so in all', async () => {
  await turn(page, 'Sound', 'Repeat');
  const tabs = await Promise.all([1, 2, 3].map(() => page.context().newPage()));
  await page.goto('about:blank');
  for (const tab of tabs) {
    await tab.addInitScript(ears);
    await tab.goto('/');
    await tab.locator('[data-testid=connection][data-phase=live]').waitFor();
    await tab.getByRole('heading', { name: 'Orders' }).click();
    await shows(tab, 'sound', 'on');
  }
  const heard = async (pages: Page[]) => (await Promise.all(pages.map(started))).filter((waves) => waves.length > 0);
  const order = await shop.place();
  await Promise.all(tabs.map((tab) => hasSaid(tab, ['1 new order'])));
  expect(await heard(tabs)).toEqual([[tones.fresh]]);
  await shop.makeLate(order);
  await Promise.all(tabs.map((tab) => shows(tab, 'unseen', '1')));
  await until(async () => expect(await heard(tabs)).toEqual([[tones.fresh, tones.late]]));
  const played = await Promise.all(tabs.map(started));
  const ringing = tabs.findIndex((_tab, index) => played[index]?.length);
  const others = tabs.filter((_tab, index) => index !== ringing);
  const [silent] = others;
  if (!silent) throw new Error('every tab rings');
  await openPanel(silent);
  await dialog(silent).getByRole('button', { name: 'Acknowledge' }).click();
  await Promise.all(tabs.map((tab) => shows(tab, 'unseen', '0')));

  await tabs[ringing]?.close();
  await until(async () => {
    await shop.place();
    expect(await heard(others)).toHaveLength(1);
  });
  await Promise.all(others.map((tab) => tab.close()));
  await staff.comeHome();
});

test('while the page is hidden, one notification sums up what is new, and leads back to the page', async () => {
  const notified = () => page.evaluate<string[]>('window.notified');
  const setVisibility = (state: string) =>
    page.evaluate(`
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  await page.evaluate("sessionStorage.setItem('window', 'yes')");
  await staff.comeHome();
  await turn(page, 'Desktop notifications');
  const order = await shop.place();
  await hasSaid(page, ['1 new order']);
  expect(await notified()).toEqual([]);

  await setVisibility('hidden');
  await shop.place();
  await hasNotified(page, ['1 new order']);
  await shop.makeLate(order);
  await hasNotified(page, ['1 new order', '1 new order, 1 late']);
  expect(await page.evaluate('window.latest.tag')).toBe('live-orders');
  await page.evaluate("window.latest.dispatchEvent(new Event('click'))");
  await until(async () => expect((await notified()).at(-1)).toBe('closed'));
  await setVisibility('visible');
  expect(staff.errors).toEqual([]);
});

test('every page of the team begins its title with the number of pending orders, and no page of a customer', async ({
  database,
}) => {
  const pending = async (): Promise<number> => {
    const { rows } = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM orders WHERE status = 'pending'`,
    );
    return rows[0]?.count ?? 0;
  };
  const titled = (rest: string) => until(async () => expect(await page.title()).toBe(`(${await pending()}) ${rest}`));
  const { id, number } = await shop.place();
  await titled('Orders · Live Orders');
  await page.locator(`[data-order-id="${id}"] [data-row-link]`).click();
  await page.waitForURL(`**/orders/${number}`);
  await titled(`Order ${number} · Live Orders`);
  await shop.place();
  await titled(`Order ${number} · Live Orders`);
  await page.goto(`/orders/${id}`);
  await titled(`Order ${number} · Live Orders`);

  await shop.place(await site.anybody.login('customer@example.com'));
  const buyer = await site.visit('attention-buyer', { viewport: phone });
  await buyer.login('customer@example.com');
  await buyer.page.getByRole('list', { name: 'Orders on their way' }).waitFor();
  expect(await buyer.page.title()).toBe('My orders · Live Orders');
  expect(await bell(buyer.page).count()).toBe(0);
  await buyer.leave();
});
