import type { Page } from 'playwright-core';
import { afterAll, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { desktop } from '@live-orders/test-support/browser/browser.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { SocketBlocker } from '@live-orders/test-support/browser/socket-blocker.ts';

let site: Site;
let front: SocketBlocker;
let customer: Api;

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  ({ customer } = site);
  front = await SocketBlocker.open();
  front.target = site.system.gatewayUrl;
});

afterAll(() => front.close());

const soon = { timeout: 20_000, interval: 50 };

const placeOrder = async () => {
  const [product] = await customer.products();
  return customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

/** Opens the dashboard, which looks for the gateway behind the blocker. */
const followInBrowser = async () => {
  const staff = await site.visit('staff-without-sockets', { viewport: desktop });
  await staff.login('staff@example.com');
  expect(front.refused).toBeGreaterThanOrEqual(2);
  const { id, number } = await placeOrder();
  await staff.page.locator(`[data-order-number="${number}"][data-status="pending"]`).first().waitFor();
  await site.staff.move(id, 'confirmed');
  await staff.page.locator(`[data-order-number="${number}"][data-status="confirmed"]`).first().waitFor();
  // The browser itself complains of the refused sockets, and of nothing else.
  expect(staff.errors.filter((error) => !error.includes('WebSocket'))).toEqual([]);
  await staff.leave();
};

const behindBlocker = (work: () => Promise<void>) =>
  site.system.withSettings('dashboard', { PUBLIC_GATEWAY_URL: front.url }, work);

test('in a browser the dashboard falls back to server-sent events, and follows an order', async () => {
  await behindBlocker(followInBrowser);
}, 60_000);

const live = (page: Page) => page.locator('[data-testid=connection][data-phase=live]').waitFor();
const row = (page: Page, number: number) => page.locator(`[data-order-number="${number}"]`).first().waitFor();

/** Of what the panel of a page says, how the page is connected. */
const wayOf = async (page: Page): Promise<string> => {
  await page.getByTestId('connection').click();
  const way = await page.getByTestId('way').locator('dd').innerText();
  await page.keyboard.press('Escape');
  return way;
};

test('eight tabs share one stream, begin with what worked, and go on when the tab that holds it is closed', async () => {
  await behindBlocker(async () => {
    const staff = await site.visit('eight-tabs', { viewport: desktop });
    await staff.login('staff@example.com');
    const { refused } = front;
    const others: Page[] = [];
    for (let n = 1; n < 8; n += 1) {
      const page = await staff.page.context().newPage();
      await page.goto('/?sort=newest');
      others.push(page);
    }
    await Promise.all(others.map(live));
    expect([front.streams, front.refused - refused]).toEqual([1, 0]);
    expect(await wayOf(staff.page)).toBe('Server-sent events');
    for (const page of others) expect(await wayOf(page)).toBe('Shared with another tab');
    const first = await placeOrder();
    await Promise.all([staff.page, ...others].map((page) => row(page, first.number)));

    await staff.page.close();
    const second = await placeOrder();
    await Promise.all(others.map((page) => row(page, second.number)));
    await Promise.all(others.map(live));
    await vi.waitFor(() => expect(front.streams).toBe(1), soon);
    const ways = await Promise.all(others.map(wayOf));
    expect(ways.filter((way) => way === 'Server-sent events')).toHaveLength(1);
    await staff.leave();
  });
}, 180_000);

test('where server-sent events are cut off as well the page asks again and again, says so, and is live once they come', async () => {
  await behindBlocker(async () => {
    front.cutsEvents = true;
    const staff = await site.visit('polling', { viewport: desktop });
    const { page } = staff;
    await page.goto('/login?next=%2F%3Fsort%3Dnewest');
    await page.getByLabel('E-mail').fill('staff@example.com');
    await page.getByLabel('Password').fill('password123');
    await page.getByRole('button', { name: 'Log in' }).click();
    const polling = page.locator('[data-testid=connection][data-phase=polling]');
    await polling.waitFor();
    expect(await polling.innerText()).toContain('Polling · every 5 s');
    const { id, number } = await placeOrder();
    await row(page, number);
    await page.getByRole('button', { name: `Confirm order ${number}` }).click();
    await vi.waitFor(async () => expect((await site.staff.order(id)).status).toBe('confirmed'), soon);
    expect(await page.getByTestId('connection-bar').count()).toBe(0);
    await polling.click();
    await page.getByTestId('way').getByText('Asking every 5 s').waitFor();
    await staff.photograph('panel');
    await page.keyboard.press('Escape');
    // The next page begins with it, although nothing was refused there yet.
    await page.reload();
    await polling.waitFor();
    front.cutsEvents = false;
    await vi.waitFor(
      async () => {
        // As a browser says when its network may be back: each time the next way is tried.
        await page.evaluate("dispatchEvent(new Event('online'))");
        expect(await page.getByTestId('connection').getAttribute('data-phase')).toBe('live');
      },
      { timeout: 30_000, interval: 500 },
    );
    expect(await wayOf(page)).toBe('Server-sent events');
    await staff.leave();
  });
}, 120_000);

test('in Node the client falls back, resumes after a restart, and ends with its session', async () => {
  const staff = await new Api(site.system.gatewayUrl).login('staff@example.com');
  const { client, applied } = new Dashboard(staff, [front.url]);
  await vi.waitFor(() => expect(client.state.phase).toBe('live'), soon);
  const first = await placeOrder();
  await vi.waitFor(() => expect(applied).toContain(`${first.id}@1`), soon);
  await site.system.restart('gateway');
  const second = await placeOrder();
  // While the gateway is away neither way leads anywhere, so that WebSockets are tried twice more, each after a longer delay.
  await vi.waitFor(() => expect(applied).toContain(`${second.id}@1`), { timeout: 60_000, interval: 100 });
  expect(client.counters).toMatchObject({ snapshots: 1, skipped: 0 });
  expect(new Set(applied).size).toBe(applied.length);
  await staff.send('POST', '/users/api/auth/logout');
  await vi.waitFor(() => expect(client.state).toEqual({ phase: 'ended', reason: 'session_ended' }), soon);
}, 120_000);
