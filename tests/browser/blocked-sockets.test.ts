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

test('in a browser the dashboard falls back to server-sent events, and follows an order', async () => {
  await site.system.withSettings('dashboard', { PUBLIC_GATEWAY_URL: front.url }, followInBrowser);
}, 60_000);

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
