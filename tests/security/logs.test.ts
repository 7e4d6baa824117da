import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { exchange } from '@live-orders/test-support/clients/raw.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect, vi } from 'vitest';

let shop: Shop;

test.beforeAll(({ shop: opened }) => {
  shop = opened;
});

/** What the parts say while `work` is done, once each of them has said something of a later request. */
const linesDuring = async (work: () => Promise<void>): Promise<string[]> => {
  const { lines } = shop.system;
  const from = lines.length;
  await work();
  const later = crypto.randomUUID();
  for (const { path } of [calls.getProfile, calls.listOrders])
    await shop.admin.send('GET', path, { headers: { 'x-request-id': later } });
  await vi.waitFor(() => expect(lines.filter((line) => line.includes(later))).toHaveLength(4), 5_000);
  return lines.slice(from);
};

test('neither a password, nor a token, nor a ticket is in any line of a log', async () => {
  const secrets = new Set<string>([testPassword]);
  const keep = ({ session }: Api): void => {
    for (const token of [session?.access_token, session?.refresh_token]) if (token) secrets.add(token);
  };
  const lines = await linesDuring(async () => {
    const api = await shop.anybody.register();
    keep(api);
    const email = api.session?.user.email ?? '';
    const again = await shop.anybody.login(email);
    keep(again);
    const body = { refresh_token: again.session?.refresh_token ?? '' };
    keep(new Api(api.url, await shop.anybody.call(calls.refresh, { body })));
    const guess = crypto.randomUUID();
    const next = crypto.randomUUID();
    for (const one of [guess, next]) secrets.add(one);
    await shop.anybody.problem('POST', calls.login.path, { email, password: guess });
    await api.problem('PATCH', calls.changeProfile.path, { password: next, current_password: guess });
    await api.problem('POST', calls.login.path, `{"password":"${guess}"`);
    await api.problem('POST', calls.register.path, { email, password: next, name: 'Again' });
    const { ticket } = await api.call(calls.createTicket, {});
    secrets.add(ticket);
    const url = `${shop.system.gatewayUrl.replace('http', 'ws')}/ws?ticket=${ticket}`;
    const socket = await Socket.connect(url);
    socket.raw.send(JSON.stringify({ event: 'renew', token: api.session?.access_token }));
    await socket.next('renewed');
    await socket.close();
    await expect(Socket.connect(url)).rejects.toThrow('refused with 401');
    await fetch(`${shop.system.gatewayUrl}/orders/api/orders?access_token=${again.session?.access_token}`);
    await api.call(calls.changeProfile, { body: { password: next, current_password: testPassword } });
  });
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => [...secrets].some((secret) => line.includes(secret)))).toEqual([]);
});

test('nobody writes a line of a log, nor colours one', async () => {
  const mark = crypto.randomUUID();
  const forged = `{"level":60,"msg":"forged ${mark}"}`;
  const odd = [
    `a\r\n${forged}`,
    `a\n${forged}`,
    `\u001b[31m${mark}`,
    `"}\n${forged}`,
    `${mark}\u2028${forged}`,
    `\u0085${mark}`,
  ];
  const lines = await linesDuring(async () => {
    for (const text of odd) {
      await shop.customer.send('POST', calls.placeOrder.path, { body: { items: [], note: text } });
      await shop.anybody.send('POST', calls.login.path, { body: { email: text, password: text } });
      await shop.customer.send('GET', `/orders/api/orders/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`);
      await shop.anybody.send('GET', `/${encodeURIComponent(text)}`);
      for (const url of [shop.system.gatewayUrl, `http://127.0.0.1:${shop.system.part('orders').port}`]) {
        const headers = ['X-Request-Id', 'User-Agent', 'traceparent', 'X-Forwarded-For', 'Authorization'];
        for (const name of headers) {
          const request = `GET /api/orders/${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${name}: ${text}\r\n\r\n`;
          await exchange(url, Buffer.from(request));
        }
      }
    }
  });
  for (const line of lines) {
    expect(() => void JSON.parse(line.slice(line.indexOf('{'))), line).not.toThrow();
    // A control character would turn what follows into something else on a screen.
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).not.toMatch(/^\w+: \{"level":60,"msg":"forged/);
  }
});

test('with the dashboard behind the gateway, lines and security events have the route that answered', async () => {
  const { system } = shop;
  const mark = crypto.randomUUID();
  // No page is asked for, so nothing has to listen there.
  const settings = { DASHBOARD_URL: 'http://127.0.0.1:1', REQUESTS_PER_MINUTE_PER_ADDRESS: '4' };
  const said = (msg: string) =>
    system.lines
      .filter((line) => line.startsWith('other gateway: {') && line.includes(mark))
      .map((line) => JSON.parse(line.slice('other gateway: '.length)) as Record<string, unknown>)
      .filter((line) => line.msg === msg);
  await system.beside('gateway', settings, async (url) => {
    const headers = { authorization: `Bearer ${shop.staff.session?.access_token ?? ''}`, 'x-request-id': mark };
    const asked = [
      ['POST', '/live/ticket'],
      ['GET', '/users/api/users/profile'],
      ['GET', '/orders/api/orders'],
      ['GET', '/docs'],
      ['GET', '/ws'],
      ['GET', '/live/events'],
    ] as const;
    for (const [method, path] of asked) await (await fetch(`${url}${path}`, { method, headers })).body?.cancel();
    // One request without a token may come at once.
    const stranger = { 'x-forwarded-for': '203.0.113.7', 'x-request-id': mark };
    for (let n = 0; n < 2; n += 1) await fetch(`${url}/users/api/users/profile`, { headers: stranger });
    await vi.waitFor(() =>
      expect(said('request').map(({ route }) => route)).toEqual([
        '/live/ticket',
        '/users/api/*',
        '/orders/api/*',
        '/docs',
        '/ws',
        '/live/events',
        '/users/api/*',
        '/users/api/*',
      ]),
    );
    expect(said('security event')).toMatchObject([{ event: 'rate.exceeded', details: { route: '/users/api/*' } }]);
  });
});
