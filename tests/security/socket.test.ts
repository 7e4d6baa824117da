import { calls } from '@live-orders/contracts/rest/calls.ts';
import { connect } from 'node:net';
import { once } from 'node:events';
import { beforeEach, describe, expect, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { sendRaw } from '@live-orders/test-support/clients/raw.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let staff: Api;
let wsUrl: string;
let gatewayPid: number | undefined;

test.beforeAll(({ shop }) => {
  ({ system, staff } = shop);
  wsUrl = `${system.gatewayUrl.replace('http', 'ws')}/ws`;
});

beforeEach(() => {
  gatewayPid = system.part('gateway').pid;
});

/** The gateway is the same process as before, and still welcomes. */
const expectAlive = async (): Promise<void> => {
  const socket = await Socket.open(staff);
  await socket.next('welcome');
  await socket.close();
  expect(system.part('gateway').pid).toBe(gatewayPid);
};

const bearer = () => ({ authorization: `Bearer ${staff.session?.access_token ?? ''}` });

const upgrade = (target: string, connection = 'Upgrade'): string =>
  [
    `GET ${target} HTTP/1.1`,
    'Host: gateway',
    `Connection: ${connection}`,
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');

describe('an upgrade to another address than that of the sockets is an ordinary request', () => {
  test.each(['//', '/\\', 'http://', '/nowhere', '/orders/api/orders', '/ws/', '*'])('to %s', async (target) => {
    expect(await sendRaw(system.gatewayUrl, upgrade(target, 'Upgrade, close'))).toMatch(/^HTTP\/1\.1 4\d\d /);
    await expectAlive();
  });

  test('to an address of a service, which never hears of it', async () => {
    const request = upgrade('/orders/api/orders?limit=1', 'Upgrade, close').replace(
      'Host: gateway',
      `Host: gateway\r\nAuthorization: ${bearer().authorization}`,
    );
    expect(await sendRaw(system.gatewayUrl, request)).toMatch(/^HTTP\/1\.1 200 /);
    await expectAlive();
  });
});

describe('an upgrade is refused, and the gateway lives on', () => {
  test('when the user has as many sockets as a user may have', async () => {
    const crowd = await Promise.all(Array.from({ length: 50 }, () => Socket.open(staff)));
    await expect(Socket.open(staff)).rejects.toThrow('refused with 429');
    await Promise.all(crowd.map((socket) => socket.close()));
    await expectAlive();
  });

  test('without a ticket or token, with a bad one, or with an expired one', async () => {
    await expect(Socket.connect(wsUrl)).rejects.toThrow('refused with 401');
    await expect(Socket.connect(`${wsUrl}?ticket=${'x'.repeat(32)}`)).rejects.toThrow('refused with 401');
    await expect(Socket.connect(`${wsUrl}?ticket=*`)).rejects.toThrow('refused with 401');
    await expect(Socket.connect(wsUrl, { authorization: 'Bearer nonsense' })).rejects.toThrow('refused with 401');
    await expectAlive();
  });

  test('from a page of another origin', async () => {
    await expect(Socket.connect(wsUrl, { ...bearer(), origin: 'https://evil.example' })).rejects.toThrow('403');
    const own = await Socket.connect(wsUrl, { ...bearer(), origin: system.dashboardUrl });
    await own.next('welcome');
    await own.close();
  });

  test('when the client resets the connection while its ticket is looked up', async () => {
    const port = Number(new URL(system.gatewayUrl).port);
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(upgrade(`/ws?ticket=${'y'.repeat(32)}`));
      socket.resetAndDestroy();
    }
    await expectAlive();
  });

  test('when it is a plain request', async () => {
    expect(await staff.problem('GET', '/ws')).toMatchObject({ status: 400, code: 'malformed_request' });
  });
});

describe('a ticket', () => {
  test('opens one socket only', async () => {
    const { ticket: value } = await staff.call(calls.createTicket, {});
    const socket = await Socket.connect(`${wsUrl}?ticket=${value}`);
    expect((await socket.next('welcome')).data.role).toBe('staff');
    await expect(Socket.connect(`${wsUrl}?ticket=${value}`)).rejects.toThrow('refused with 401');
    await socket.close();
  });

  test('is given to nobody without a token', async () => {
    expect(await new Api(system.gatewayUrl).problem('POST', '/live/ticket')).toMatchObject({ status: 401 });
  });
});

describe('a client frame', () => {
  test.each([
    ['over 8 KiB', 'x'.repeat(8 * 1024 + 1), 1009],
    ['that is not JSON', '{', 1007],
    ['of an unknown kind', '{"event":"subscribe"}', 1007],
    ['of bytes', Buffer.from([1, 2, 3]), 1007],
  ])('%s closes its own socket only', async (_what, frame, code) => {
    const [bad, good] = await Promise.all([Socket.open(staff), Socket.open(staff)]);
    bad.raw.send(frame);
    expect(await bad.closed).toMatchObject({ code });
    good.raw.send('{"event":"ping"}');
    await good.next('pong');
    await good.close();
    await expectAlive();
  });
});

describe('a session that ended', () => {
  test('is known to a gateway that starts later', async () => {
    const leaving = await new Api(system.gatewayUrl).login('staff@example.com');
    await leaving.send('POST', '/users/api/auth/logout');
    await vi.waitFor(
      async () => {
        expect(await leaving.send('GET', '/orders/api/orders')).toMatchObject({ status: 401 });
      },
      { timeout: 20_000 },
    );
    await system.restart('gateway');
    await vi.waitFor(
      async () => {
        const socket = await Socket.open(staff);
        await socket.close();
      },
      { timeout: 20_000 },
    );
    expect(await leaving.problem('GET', '/orders/api/orders')).toMatchObject({ status: 401 });
  });
});

describe('a session that ends', () => {
  test('closes its sockets, and its access token is worth nothing any more', async () => {
    const leaving = await new Api(system.gatewayUrl).login('staff@example.com');
    const [gone, other] = await Promise.all([Socket.open(leaving), Socket.open(staff)]);
    expect((await leaving.send('POST', '/users/api/auth/logout')).status).toBe(204);
    expect(await gone.closed).toMatchObject({ code: 4002 });
    expect(await leaving.problem('GET', '/orders/api/orders')).toMatchObject({ status: 401 });
    expect(other.raw.readyState).toBe(WebSocket.OPEN);
    await other.close();
  });

  test('of a deactivated user ends everywhere, and he cannot log in again', async () => {
    const admin = await new Api(system.gatewayUrl).login('admin@example.com');
    const fired = await new Api(system.gatewayUrl).register();
    const socket = await Socket.open(fired);
    expect((await admin.send('DELETE', `/users/api/users/${fired.session?.user.id}`)).status).toBe(204);
    expect(await socket.closed).toMatchObject({ code: 4002 });
    const body = { refresh_token: fired.session?.refresh_token };
    expect(await fired.problem('POST', '/users/api/auth/refresh', body)).toMatchObject({ status: 401 });
    const credentials = { email: fired.session?.user.email, password: testPassword };
    expect(await fired.problem('POST', '/users/api/auth/login', credentials)).toMatchObject({
      status: 403,
      code: 'account_deactivated',
    });
    // Whoever does not know the password learns nothing of the account.
    const guess = { ...credentials, password: 'not the password' };
    expect(await fired.problem('POST', '/users/api/auth/login', guess)).toMatchObject({ code: 'invalid_credentials' });
  });
});
