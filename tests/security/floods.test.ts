import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { gatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { afterEach, describe, expect, vi } from 'vitest';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { gatewayReady } from '@live-orders/test-support/system/system.ts';

const connections: TcpSocket[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy();
});

describe.each([
  ['pings', (socket: Socket) => socket.raw.ping()],
  ['pongs', (socket: Socket) => socket.raw.pong()],
  ['messages', (socket: Socket) => socket.raw.send('{"event":"ping"}')],
  ['fragments', (socket: Socket) => socket.raw.send('', { fin: false })],
])('a flood of %s over ten sockets', (_what, send) => {
  test('closes them, and meanwhile a colleague works on', async ({ shop }) => {
    const { staff, customer, products } = shop;
    const flooder = await new Api(shop.system.gatewayUrl).register();
    const flooding = await Promise.all(Array.from({ length: 10 }, () => Socket.open(flooder)));
    const colleague = await Socket.open(staff);
    await colleague.next('welcome');
    for (const socket of flooding) for (let n = 0; n < 3_000; n += 1) send(socket);

    const order = await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }]);
    await colleague.next('new_order', ({ data }) => data.id === order.id);
    expect((await staff.move(order.id, 'confirmed')).status).toBe('confirmed');
    await colleague.next('order_status_update', ({ data }) => data.id === order.id);

    for (const socket of flooding) expect(await socket.closed).toMatchObject({ code: 1008 });
    expect(colleague.raw.readyState).toBe(colleague.raw.OPEN);
    await colleague.close();
  });
});

/** Begins a login through a proxy on this machine that speaks for this address, and sends all of its body but the end. */
const beginBody = (url: string, address: string): TcpSocket => {
  const connection = connect(Number(new URL(url).port), '127.0.0.1');
  connections.push(connection);
  connection.on('error', () => undefined);
  const head = `POST ${calls.login.path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-length: 262144\r\n\r\n`;
  connection.write(head + 'x'.repeat(262_000));
  return connection;
};

test('who sends many bodies slowly is refused, and others log in', async ({ shop }) => {
  const { gatewayUrl } = shop.system;
  const logIn = (address: string) =>
    shop.anybody.send('POST', calls.login.path, {
      body: { email: 'staff@example.com', password: 'password123' },
      headers: { 'x-forwarded-for': address },
    });
  for (let n = 0; n < 15; n += 1) beginBody(gatewayUrl, '203.0.113.40');
  const lastPlaceIsTaken = async (): Promise<void> => {
    // The body of a login holds some of the place as well, so that one that comes beside it may be refused.
    beginBody(gatewayUrl, '203.0.113.40');
    expect((await logIn('203.0.113.40')).status).toBe(429);
  };
  await vi.waitFor(lastPlaceIsTaken, { timeout: 20_000 });
  const [refusal] = (await once(beginBody(gatewayUrl, '203.0.113.40'), 'data')) as [Buffer];
  expect(refusal.toString()).toMatch(/^HTTP\/1\.1 429 .*too_many_requests/s);
  expect((await logIn('203.0.113.41')).status).toBe(200);
});

test('a customer’s new name waits for no administrator’s row, for which all others wait too', async ({
  shop,
  database,
}) => {
  await database.query('BEGIN');
  try {
    // As a change that takes its time, or a line of them: each change once locked the rows of all administrators.
    await database.query(`SELECT FROM users WHERE role = 'admin' FOR UPDATE`);
    const renamed = await shop.customer.send('PATCH', calls.changeProfile.path, { body: { name: 'Another Name' } });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Another Name' } });
  } finally {
    await database.query('ROLLBACK');
  }
});

test('who changes the own name without end is stopped, before the log holds nothing else', async ({ shop }) => {
  const api = await shop.anybody.register();
  const rename = (n: number) => api.send('PATCH', calls.changeProfile.path, { body: { name: `Name ${n}` } });
  for (let n = 0; n < 60; n += 1) expect((await rename(n)).status).toBe(200);
  const refused = await rename(60);
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  expect(refused.headers.get('ratelimit-policy')).toContain('"profile";q=60;w=300');
});

test('customers cannot take the places of the team', async ({ shop }) => {
  await shop.system.beside('gateway', { MAX_CLIENTS: '10', MAX_CLIENTS_PER_USER: '9' }, async (url, operationsUrl) => {
    await gatewayReady(url);
    const at = (api: Api): Api => new Api(url, api.session);
    const [one, other] = [at(await shop.anybody.register()), at(await shop.anybody.register())];
    const sockets = await Promise.all(Array.from({ length: 9 }, (_none, n) => Socket.open(n % 2 ? one : other)));
    for (const socket of sockets) await socket.next('welcome');
    await expect(Socket.open(one)).rejects.toThrow('refused with 503');
    expect((await fetch(`${url}/ready`)).status).toBe(204);

    const staff = await Socket.open(at(shop.staff));
    await staff.next('welcome');
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    await expect(Socket.open(at(shop.admin))).rejects.toThrow('refused with 503');
    expect(gatewayHealth.parse(await (await fetch(operationsUrl)).json())).toMatchObject({
      clients: 10,
      max_clients: 10,
    });
    // Whoever wants no stream is served all the same.
    expect((await at(shop.staff).send('GET', '/orders/api/orders')).status).toBe(200);
    for (const socket of [...sockets, staff]) await socket.close();
  });
});

test('who asks too often is told when to come back, and others never feel it', async ({ shop }) => {
  await shop.system.beside('gateway', { REQUESTS_PER_MINUTE_PER_USER: '40' }, async (url) => {
    const [busy, calm] = [await shop.anybody.register(), await shop.anybody.register()];
    const ask = (api: Api, path = '/orders/api/products') => new Api(url, api.session).send('GET', path);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(busy)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, body } of refused) {
      expect(body).toMatchObject({ code: 'too_many_requests' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(headers.get('ratelimit-policy')).toBe('"user";q=10;w=15');
    }
    const ticket = await new Api(url, busy.session).send('POST', calls.createTicket.path);
    expect([200, 201]).not.toContain(ticket.status);
    const served = await ask(calm);
    expect(served.status).toBe(200);
    expect(served.headers.get('ratelimit')).toMatch(/^"user";r=9;t=\d+$/);
  });
});

test('whoever asks for the documents without end is refused too', async ({ shop }) => {
  const settings = { TRUSTED_PROXIES: '192.0.2.1', REQUESTS_PER_MINUTE_PER_ADDRESS: '40' };
  await shop.system.beside('gateway', settings, async (url) => {
    const ask = (): Promise<Response> => fetch(`${url}/docs/asyncapi.json`);
    const statuses = (await Promise.all(Array.from({ length: 30 }, ask))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });
});

test('who opens connections without end has so many, and others have theirs', async ({ shop }) => {
  const settings = { TRUSTED_PROXIES: '192.0.2.1', MAX_CONNECTIONS_PER_ADDRESS: '5' };
  await shop.system.beside('gateway', settings, async (url) => {
    const { port } = new URL(url);
    const isServed = async (localAddress: string): Promise<boolean> => {
      const connection = connect({ port: Number(port), host: '127.0.0.1', localAddress });
      connections.push(connection);
      connection.on('error', () => undefined);
      connection.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      return new Promise((resolve) => connection.once('data', () => resolve(true)).once('close', () => resolve(false)));
    };
    const served: boolean[] = [];
    for (let n = 0; n < 8; n += 1) served.push(await isServed('127.0.0.5'));
    expect(served).toEqual([true, true, true, true, true, false, false, false]);
    expect(await isServed('127.0.0.6')).toBe(true);
  });
});
