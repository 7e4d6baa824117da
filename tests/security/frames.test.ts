import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { gatewayHealth } from '@live-orders/contracts/rest/health.ts';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect, vi } from 'vitest';

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface Odd {
  /** The bits FIN, RSV1, RSV2 and RSV3. Default: FIN alone. */
  bits?: number;
  isMasked?: boolean;
  /** The length that is told, if it is not that of the payload. */
  told?: bigint;
}

/** A frame as a client sends it (RFC 6455, 5.2), or as none should. A key of zeros leaves the payload as it is. */
const frame = (opcode: number, payload: Buffer | string = '', odd: Odd = {}): Buffer => {
  const { bits = 0b1000, isMasked = true, told = BigInt(Buffer.byteLength(payload)) } = odd;
  const mask = isMasked ? 0x80 : 0;
  const length = told < 126n ? Buffer.from([mask | Number(told)]) : Buffer.alloc(9, mask | 127);
  if (told >= 126n) length.writeBigUInt64BE(told, 1);
  const key = isMasked ? Buffer.alloc(4) : Buffer.alloc(0);
  return Buffer.concat([Buffer.from([(bits << 4) | opcode]), length, key, Buffer.from(payload)]);
};

/** Each with the code with which the gateway closes the socket of whoever sends it. */
const floods: [what: string, frame: Buffer, code: number][] = [
  ['text that is no message', frame(opcodes.text, 'x'), 1007],
  ['empty texts', frame(opcodes.text), 1007],
  ['text that is no UTF-8', frame(opcodes.text, Buffer.from([0xc3, 0x28])), 1007],
  ['messages with a prototype', frame(opcodes.text, '{"event":"ping","__proto__":{"event":"renew"}}'), 1008],
  ['messages that are nested deeply', frame(opcodes.text, `${'['.repeat(4_000)}${']'.repeat(4_000)}`), 1007],
  ['bytes', frame(opcodes.binary, Buffer.from([1, 2, 3])), 1007],
  ['pings', frame(opcodes.ping, 'x'), 1008],
  ['pongs', frame(opcodes.pong, 'x'), 1008],
  ['closes', frame(opcodes.close, Buffer.from([0x03, 0xe8])), 1000],
  ['closes without a code', frame(opcodes.close), 1005],
  ['closes with half a code', frame(opcodes.close, 'x'), 1002],
  ['closes with a code that nobody may send', frame(opcodes.close, Buffer.from([0x03, 0xed])), 1002],
  ['closes with a reason that is no UTF-8', frame(opcodes.close, Buffer.from([0x03, 0xe8, 0xc3, 0x28])), 1007],
  ['continuations of nothing', frame(opcodes.continuation, 'x'), 1002],
  ['beginnings of texts', frame(opcodes.text, '{', { bits: 0 }), 1002],
  ['parts of pings', frame(opcodes.ping, 'x', { bits: 0 }), 1002],
  ['pings that are too long', frame(opcodes.ping, 'x'.repeat(126)), 1002],
  ['text that says that it is compressed', frame(opcodes.text, 'x', { bits: 0b1100 }), 1002],
  ['text with the second reserved bit', frame(opcodes.text, 'x', { bits: 0b1010 }), 1002],
  ['text with the third reserved bit', frame(opcodes.text, 'x', { bits: 0b1001 }), 1002],
  ...[3, 7, 11, 15].map((opcode): [string, Buffer, number] => [
    `frames of the kind ${opcode}`,
    frame(opcode, 'x'),
    1002,
  ]),
  ['text without a mask', frame(opcodes.text, '{"event":"ping"}', { isMasked: false }), 1002],
  ['text of 8 KiB and a byte', frame(opcodes.text, 'x'.repeat(8 * 1024 + 1)), 1009],
  ['the promise of 16 MiB', frame(opcodes.text, '', { told: 2n ** 24n }), 1009],
  ['the promise of 2⁶³ bytes', frame(opcodes.text, '', { told: 2n ** 63n - 1n }), 1009],
];

/** The code of a close frame among what a server sent, whose frames have no mask; null where none has come in full. */
const closeCodeIn = (received: Buffer): number | null => {
  for (let at = 0; at + 2 <= received.length;) {
    const short = received.readUInt8(at + 1);
    const start = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (start > received.length) return null;
    const length =
      short === 126 ? received.readUInt16BE(at + 2) : short === 127 ? Number(received.readBigUInt64BE(at + 2)) : short;
    if (start + length > received.length) return null;
    if ((received.readUInt8(at) & 0x0f) === opcodes.close) return length < 2 ? 1005 : received.readUInt16BE(start);
    at = start + length;
  }
  return null;
};

let shop: Shop;
let flooder: Api;
let colleague: Socket;
let clientsBefore: number;

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  flooder = await shop.anybody.register();
  colleague = await Socket.open(shop.staff);
  await colleague.next('welcome');
  clientsBefore = await clients();
});

test.afterAll(() => colleague.close());

/** Opens a socket and sends the frame on it again and again, until the gateway closes; with which code. */
const flood = async (bytes: Buffer): Promise<number | null> => {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    authorization: `Bearer ${flooder.session?.access_token ?? ''}`,
  };
  const asked = request(`${shop.system.gatewayUrl}/ws`, { headers }).end();
  const [, socket, first] = (await once(asked, 'upgrade')) as [unknown, Duplex, Buffer];
  const received = [first];
  socket.on('data', (data: Buffer) => {
    received.push(data);
    if (closeCodeIn(Buffer.concat(received)) !== null) socket.end();
  });
  // The gateway may close while there is still something on its way.
  socket.on('error', () => undefined);
  socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => bytes)));
  await once(socket, 'close');
  return closeCodeIn(Buffer.concat(received));
};

const clients = async (): Promise<number> =>
  gatewayHealth.parse(await (await fetch(shop.system.operationsUrl('gateway'))).json()).clients;

describe('a flood of', () => {
  test.each(floods)('%s closes its socket, and a colleague works on', async (_what, bytes, code) => {
    const { pid } = shop.system.part('gateway');
    const flooding = Promise.all(Array.from({ length: 3 }, () => flood(bytes)));
    const order = await shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
    await colleague.next('new_order', ({ data }) => data.id === order.id);
    expect(await flooding).toEqual([code, code, code]);
    await vi.waitFor(async () => expect(await clients()).toBeLessThanOrEqual(clientsBefore), 10_000);
    expect(shop.system.part('gateway').pid).toBe(pid);
    for (const path of ['/users/api', '/orders/api', '/ready'])
      expect((await shop.anybody.send('GET', path)).status).toBeLessThan(300);
  });
});
