import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gateway } from '../testing/gateway.ts';

let gateway: Gateway;
const open: Socket[] = [];

beforeEach(async () => {
  gateway = await Gateway.open();
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await gateway.close();
});

/** Begins a request through a proxy that speaks for this address, and sends the half of its body. */
const begin = (address: string, length = 'content-length: 262144'): Socket => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  open.push(socket);
  socket.on('error', () => undefined);
  const head = ['POST /users/api/auth/login HTTP/1.1', 'host: x', `x-forwarded-for: ${address}`, length];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
};

const answerTo = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);
const logIn = async (address: string): Promise<number> =>
  (
    await fetch(`${gateway.url}/users/api/auth/login`, {
      method: 'POST',
      body: '{}',
      headers: { 'x-forwarded-for': address },
    })
  ).status;

describe('bodies that are on their way', () => {
  test.each(['content-length: 262144', 'transfer-encoding: chunked'])(
    'from one address (%s) are 4 MiB at most, and other addresses have theirs',
    async (length) => {
      for (let n = 0; n < 16; n += 1) begin('203.0.113.9', length);
      // Behind this gateway is no service, so 502 is the answer to a call that it passes on.
      await vi.waitFor(async () => expect(await logIn('203.0.113.9')).toBe(429), { timeout: 20_000 });
      const refused = await answerTo(begin('203.0.113.9', length));
      expect(refused).toMatch(/^HTTP\/1\.1 429 .*retry-after: 2/is);
      expect(refused).toMatch(/connection: close/i);
      expect(await logIn('203.0.113.10')).toBe(502);
      for (const socket of open) socket.destroy();
      await vi.waitFor(async () => expect(await logIn('203.0.113.9')).toBe(502), { timeout: 20_000 });
    },
  );

  test('are 64 MiB at most in all', async () => {
    for (let n = 0; n < 256; n += 1) begin(`203.0.${n % 16}.9`);
    await vi.waitFor(async () => expect(await logIn('198.51.100.1')).toBe(503), { timeout: 20_000 });
    for (const socket of open) socket.destroy();
    await vi.waitFor(async () => expect(await logIn('198.51.100.1')).toBe(502), { timeout: 20_000 });
  });
});
