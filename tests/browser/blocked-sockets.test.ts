import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { desktop } from '@live-orders/test-support/browser/browser.ts';
import { Dashboard } from '@live-orders/test-support/clients/dashboard.ts';
import { openSite, type Site } from '@live-orders/test-support/system/site.ts';
import { SocketBlocker } from '@live-orders/test-support/browser/socket-blocker.ts';

let site: Site;
let front: SocketBlocker;
let customer: Api;

beforeAll(async () => {
  front = await SocketBlocker.open();
  site = await openSite(inject('servers'), { env: { PUBLIC_GATEWAY_URL: front.url } });
  front.target = site.system.gatewayUrl;
  customer = await new Api(site.system.gatewayUrl).register();
});

afterAll(async () => {
  await site.close();
  await front.close();
});

const soon = { timeout: 20_000, interval: 50 };

const placeOrder = async () => {
  const [product] = await customer.products();
  return customer.placeOrder([{ product_id: product?.id ?? '', quantity: 1 }]);
};

test('in a browser the dashboard falls back to server-sent events, and follows an order', async () => {
  const staff = await site.visit('staff-without-sockets', { viewport: desktop });
  await staff.login('staff@example.com');
  expect(front.refused).toBeGreaterThanOrEqual(2);
  const { id, number } = await placeOrder();
  await staff.page.locator(`[data-order-number="${number}"][data-status="pending"]`).first().waitFor();
  await (await new Api(site.system.gatewayUrl).login('staff@example.com')).move(id, 'confirmed');
  await staff.page.locator(`[data-order-number="${number}"][data-status="confirmed"]`).first().waitFor();
  // The browser itself complains of the refused sockets, and of nothing else.
  expect(staff.errors.filter((error) => !error.includes('WebSocket'))).toEqual([]);
  await staff.leave();
});

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
