import { calls } from '@live-orders/contracts/rest/calls.ts';
import { expect } from 'vitest';
import { desktop, Visitor } from '@live-orders/test-support/browser/browser.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { gatewayReady } from '@live-orders/test-support/system/system.ts';

test('with its default settings the dashboard is live at the address of the gateway', async ({ site }) => {
  const { system, browser, customer, products } = site;
  const atOneHost = async (url: string, dashboard: string): Promise<void> => {
    await gatewayReady(url);
    const visitor = await Visitor.arrive(browser, 'staff-at-one-host', url, { viewport: desktop });
    await visitor.login('staff@example.com');
    const { id, number } = await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }]);
    await visitor.page.locator(`[data-order-number="${number}"]`).first().waitFor();
    expect(new URL(visitor.page.url()).origin).toBe(url);
    expect(visitor.errors).toEqual([]);
    // What a page says of a change arrives by this way, too: which version it was about, and whose page it is.
    const row = visitor.page.locator(`[data-order-number="${number}"]`).first();
    await row.locator('[data-press=move]').click();
    await row.locator('[data-press=undo]').waitFor();
    await visitor.settle();
    await row.locator('[data-press=undo]').click();
    await row.locator('[data-press=move]').waitFor();
    const change = (headers: string) =>
      visitor.page.evaluate<number>(
        `fetch('/api/orders/api/orders/${id}/status', {
          method: 'PATCH',
          headers: { 'content-type': 'application/json', ...${headers} },
          body: '{"status":"confirmed"}',
        }).then(({ status }) => status)`,
      );
    expect(await change(`{ 'if-match': '"1"' }`)).toBe(412);
    expect(await change(`{ 'x-page-user': '${id}' }`)).toBe(409);
    expect(await customer.call(calls.getOrder, { id })).toMatchObject({ status: 'pending', version: 3 });
    await visitor.leave();

    const policyAt = async (address: string) =>
      (await fetch(`${address}/login`)).headers.get('content-security-policy') ?? '';
    expect(await policyAt(url)).toContain(`connect-src 'self' ${url.replace('http', 'ws')} ${url} `);
    // Whoever opens the dashboard's own address, by whatever name, is sent to the gateway's port beside it.
    const { port } = new URL(system.gatewayUrl);
    for (const address of [dashboard, dashboard.replace('127.0.0.1', 'localhost')]) {
      const gateway = `${new URL(address).hostname}:${port}`;
      expect(await policyAt(address)).toContain(`connect-src 'self' ws://${gateway} http://${gateway}`);
    }
  };
  await system.beside('dashboard', {}, (DASHBOARD_URL) =>
    system.beside('gateway', { DASHBOARD_URL, ALLOWED_ORIGINS: '' }, (url) => atOneHost(url, DASHBOARD_URL)),
  );
}, 60_000);

test('beside the pages the gateway answers programs as ever', async ({ site }) => {
  const { system, customer } = site;
  await system.beside('gateway', { DASHBOARD_URL: system.dashboardUrl }, async (url) => {
    expect(await (await fetch(url)).json()).toMatchObject({ name: 'gateway' });
    expect((await fetch(`${url}/orders/api/orders`)).status).toBe(401);
    const headers = { authorization: `Bearer ${customer.session?.access_token ?? ''}` };
    expect((await fetch(`${url}/orders/api/orders`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/docs/asyncapi.json`)).status).toBe(200);
    const page = await fetch(`${url}/orders/${crypto.randomUUID()}`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')?.startsWith('/login')]).toEqual([303, true]);
  });
});
