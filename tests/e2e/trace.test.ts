import { randomBytes } from 'node:crypto';
import { demoPassword } from '@live-orders/contracts/demo.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { testPassword } from '@live-orders/test-support/clients/api.ts';
import { kafkaOf } from '@live-orders/test-support/clients/topic.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { Territory } from '@live-orders/test-support/system/system.ts';
import { expect, vi } from 'vitest';

/** The headers of the first event of an aggregate, by its id, once Kafka has it. */
const headersOf = (territory: Territory, topic: string, id: string): Promise<Record<string, string>> =>
  vi.waitFor(
    async () => {
      const found: Record<string, string>[] = [];
      await readTopic(
        kafkaOf(territory).kafka,
        { topic: `${territory.prefix}${topic}`, groupPrefix: `${territory.prefix}test.` },
        ({ key, headers = {} }) => {
          if (String(key) !== id) return;
          found.push(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])));
        },
        AbortSignal.timeout(20_000),
      );
      const [first] = found;
      if (!first) throw new Error(`${topic} has no event of ${id} yet`);
      return first;
    },
    { timeout: 20_000, interval: 100 },
  );

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

test('an event says which request made the change, and goes on in its trace', async ({ shop }) => {
  const traceId = randomBytes(16).toString('hex');
  const requestId = `trace-${crypto.randomUUID()}`;
  const callersStep = '00f067aa0ba902b7';
  const headers = { traceparent: `00-${traceId}-${callersStep}-01`, 'x-request-id': requestId };
  const { territory } = shop.system;
  const items = [{ product_id: shop.products[0].id, quantity: 1 }];
  const placed = await shop.customer.call(calls.placeOrder, { body: { items }, headers });
  const email = `${crypto.randomUUID()}@example.com`;
  const person = { email, password: testPassword, name: 'Tracy' };
  const registered = await shop.anybody.call(calls.register, { body: person, headers });
  for (const [topic, id] of [
    [aggregates.order.topic, placed.id],
    [aggregates.user.topic, registered.user.id],
  ] as const) {
    const event = await headersOf(territory, topic, id);
    expect(event.ce_requestid).toBe(requestId);
    expect(event.traceparent).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-01$`));
    // The step before the event is the service's own, not its caller's.
    expect(event.traceparent).not.toContain(callersStep);
  }
});

test('a request that comes through the dashboard keeps its id and its trace', async ({ shop }) => {
  const { system, products } = shop;
  await system.ensure('dashboard');
  const url = system.dashboardUrl;
  const person = { email: 'staff@example.com', password: demoPassword };
  const origin = { accept: 'text/html', origin: url };
  const body = new URLSearchParams(person);
  const login = await fetch(`${url}/login`, { method: 'POST', headers: origin, body, redirect: 'manual' });
  const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]);

  const traceId = randomBytes(16).toString('hex');
  const requestId = `page-${crypto.randomUUID()}`;
  const traced = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': requestId };
  const placed = await fetch(`${url}/api/orders/api/orders`, {
    method: 'POST',
    headers: { ...traced, origin: url, cookie: cookie.join('; '), 'content-type': 'application/json' },
    body: JSON.stringify({ items: [{ product_id: products[0].id, quantity: 1 }] }),
  });
  expect(placed.status).toBe(201);
  const event = await headersOf(system.territory, aggregates.order.topic, order.parse(await placed.json()).id);
  expect(event.ce_requestid).toBe(requestId);
  expect(event.traceparent).toContain(traceId);
});
