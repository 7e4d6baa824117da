import { once } from 'node:events';
import { connect } from 'node:net';
import { partNames } from '@live-orders/local/parts/parts.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { Random } from '@live-orders/test-support/random.ts';
import { expect } from 'vitest';

const strings = 10_000;
const atOnce = 50;

/** What a client of HTTP may send first, so that not all is refused at its first byte. */
const beginnings = [
  '',
  'GET / HTTP/1.1\r\n',
  'POST /api/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n',
  'GET /ws ',
];

/** Sends the bytes and the end of what is sent; resolves when the server has closed too. */
const send = async (port: number, bytes: Buffer): Promise<void> => {
  const socket = connect(port, '127.0.0.1');
  // A server that refuses the first bytes may close before it has read the others.
  socket.on('error', () => undefined);
  socket.resume().end(bytes);
  await once(socket, 'close');
};

test.for(partNames)(
  '%s answers as before after 10,000 random strings of bytes',
  { timeout: 120_000 },
  async (name, { shop }) => {
    await shop.system.ensure('dashboard');
    const { port, pid } = shop.system.part(name);
    const random = new Random(partNames.indexOf(name));
    let left = strings;
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const noise = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
        await send(port, Buffer.concat([Buffer.from(beginnings[left % beginnings.length] ?? ''), noise]));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    expect(shop.system.part(name).pid).toBe(pid);
    const placed = await shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
    await shop.staff.move(placed.id, 'confirmed');
    expect((await fetch(`${shop.system.dashboardUrl}/login`)).status).toBe(200);
  },
);
