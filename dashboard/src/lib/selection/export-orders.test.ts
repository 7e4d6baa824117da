import { expect, test, vi } from 'vitest';
import { makeOrder, orderId } from '../testing/orders.ts';
import { readCsv } from './export-orders.ts';

test('more orders than one call names become one file with one heading, newest first', async () => {
  const asked: number[] = [];
  vi.stubGlobal('fetch', (path: string) => {
    const ids = new URLSearchParams(path.split('?')[1]).get('ids')?.split(',') ?? [];
    asked.push(ids.length);
    return Promise.resolve(new Response(`id\r\n${ids.map((id) => `${id}\r\n`).join('')}`));
  });
  const at = (n: number): string => new Date(1_800_000_000_000 + n).toISOString();
  const orders = Array.from({ length: 450 }, (_none, n) => makeOrder({ id: orderId(n), created_at: at(n) }));
  const csv = await readCsv(orders);
  expect(asked).toEqual([200, 200, 50]);
  expect(csv).toBe(
    `id\r\n${orders
      .map(({ id }) => `${id}\r\n`)
      .toReversed()
      .join('')}`,
  );
});

test('an export that was refused gives no file', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 503 })));
  await expect(readCsv([makeOrder({ id: orderId(1) })])).rejects.toThrow('The server can’t be reached.');
});
