import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { desktop, phone, Visitor } from '@live-orders/test-support/browser/browser.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let site: Site;

test.beforeAll(({ site: opened }) => {
  site = opened;
});

const document = z.looseObject({
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.looseObject({})),
});
const fetchDocument = async (path: string) => {
  const answer = await fetch(`${site.system.gatewayUrl}${path}`);
  expect(answer.status).toBe(200);
  return document.parse(await answer.json());
};

test('the documents need no token, fit together, and their addresses are those of the gateway', async () => {
  const users = await fetchDocument('/users/api/openapi.json');
  const orders = await fetchDocument('/orders/api/openapi.json');
  expect([users.servers, orders.servers]).toEqual([[{ url: '/users' }], [{ url: '/orders' }]]);
  const all = await fetchDocument('/docs/openapi.json');
  expect((await new Validator().validate(all)).errors).toBeUndefined();
  expect(Object.keys(all.paths).sort()).toEqual(
    [
      ...Object.keys(users.paths).map((path) => `/users${path}`),
      ...Object.keys(orders.paths).map((path) => `/orders${path}`),
      '/',
      '/ready',
      '/live/ticket',
      '/live/events',
    ].sort(),
  );
});

test.each([
  ['desktop', desktop],
  ['phone', phone],
])('the page shows both services and the errors on a %s, with nothing from elsewhere', async (device, viewport) => {
  const visitor = await Visitor.arrive(site.browser, `docs-${device}`, site.system.gatewayUrl, { viewport });
  const { page } = visitor;
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== site.system.gatewayUrl)
      foreign.push(request.url());
  });
  const answer = await page.goto('/docs');
  expect(answer?.headers()['content-security-policy']).toMatch(
    /default-src 'none'; script-src 'self'; style-src 'self'/,
  );
  for (const path of [
    '/users/api/auth/login',
    '/orders/api/orders',
    '/orders/api/products/{id}/stock',
    '/live/ticket',
  ]) {
    await page.locator(`.opblock-summary-path[data-path="${path}"]`).first().waitFor();
  }
  await visitor.photograph('top');
  await page.getByText('Place an order', { exact: true }).click();
  await page.locator('.opblock.is-open .responses-wrapper').waitFor();
  await page.locator('.opblock.is-open').scrollIntoViewIfNeeded();
  await visitor.photograph('operation');
  await page.getByRole('link', { name: 'Error codes' }).click();
  expect(await page.locator('#errors tbody tr').count()).toBe(Object.keys(errorCatalogue).length);
  await vi.waitFor(
    async () => {
      const heading = await page.locator('#errors-heading').boundingBox();
      expect(heading?.y).toBeGreaterThanOrEqual(0);
      expect(heading?.y).toBeLessThan(viewport.height);
    },
    { timeout: 20_000 },
  );
  await visitor.photograph('errors');
  // Nothing sticks out of the window.
  expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
  expect(visitor.errors).toEqual([]);
  expect(foreign).toEqual([]);
  await visitor.leave();
});
