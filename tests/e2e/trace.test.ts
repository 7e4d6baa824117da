import { randomBytes } from 'node:crypto';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect, vi } from 'vitest';

test('the id of a request and its trace are in the logs of the gateway and of the service that answers', async ({
  shop,
}) => {
  const traceId = randomBytes(16).toString('hex');
  const requestId = `trace-${crypto.randomUUID()}`;
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': requestId };
  const body = { items: [{ product_id: shop.products[0].id, quantity: 1 }] };
  const answer = await shop.customer.send('POST', `${calls.placeOrder.path}?q=secret`, { body, headers });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('x-request-id')).toBe(requestId);
  const told = () => shop.system.lines.filter((line) => line.includes(`"request_id":"${requestId}"`));
  await vi.waitFor(() => expect(told()).toHaveLength(2), { timeout: 20_000 });
  for (const [name, route] of [
    ['gateway', '/orders/api/*'],
    ['orders', '/api/orders'],
  ] as const) {
    const line = told().find((one) => one.startsWith(`${name}: `)) ?? '';
    expect(JSON.parse(line.slice(name.length + 2))).toMatchObject({
      msg: 'request',
      method: 'POST',
      route,
      status: 201,
      user_id: shop.customer.session?.user.id,
      trace_id: traceId,
    });
    expect(line).not.toContain('secret');
  }
});
