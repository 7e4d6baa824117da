import { expect, test } from 'vitest';
import { Hono } from 'hono';
import { Callers, readProxies } from './callers.ts';
import { strictTransport } from './transport-security.ts';

const app = new Hono();
app.use(strictTransport(new Callers(readProxies('10.0.0.0/8'))));
app.get('/', (c) => c.text('here'));

test.each([
  ['whoever comes by https to the gateway itself', 'https://shop.test/', '203.0.113.5', undefined, true],
  ['whoever came by https to a trusted proxy', 'http://shop.test/', '10.1.2.3', 'https', true],
  ['whoever came by https to the first of several proxies', 'http://shop.test/', '10.1.2.3', 'https, http', true],
  ['whoever came by http to a trusted proxy', 'http://shop.test/', '10.1.2.3', 'http', false],
  ['whoever only claims to have come by https', 'http://shop.test/', '203.0.113.5', 'https', false],
  ['whoever comes by http', 'http://shop.test/', '203.0.113.5', undefined, false],
])('%s', async (_who, url, peer, forwarded, expected) => {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded };
  const env = { incoming: { socket: { remoteAddress: peer } } };
  const answer = await app.request(url, { headers }, env);
  expect(answer.headers.has('strict-transport-security')).toBe(expected);
});
