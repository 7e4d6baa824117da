import { expect, test } from 'vitest';
import { compressed } from './compression.ts';

const request = new Request('https://shop.test/', { headers: { 'accept-encoding': 'gzip' } });

test.each(['text/html', 'application/json', 'text/event-stream', 'text/csv'])(
  'of a stream of %s everything is there at once',
  async (type) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = await compressed(request, new Response(readable, { headers: { 'content-type': type } }));
    const reader = answer.body?.getReader();
    for (const part of ['first', 'second']) {
      void writer.write(Buffer.from(part));
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(part);
    }
    expect(answer.headers.has('content-encoding')).toBe(false);
  },
);

test.each([
  ['text/csv', 2_000],
  ['image/svg+xml', 2_000],
  ['text/html', 5 * 1024 * 1024],
])('%s of %d bytes is sent as it comes', async (type, length) => {
  const headers = { 'content-type': type, 'content-length': String(length) };
  const answer = new Response(Buffer.alloc(length), { headers });
  expect(await compressed(request, answer)).toBe(answer);
});
