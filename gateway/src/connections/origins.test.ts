import { ConfigError, parseConfig, settings } from '@live-orders/runtime/process/config.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { originList, Origins } from './origins.ts';

const dashboard = 'https://orders.example';

test.each([
  [dashboard, 'gateway.example', true],
  ['https://evil.example', 'gateway.example', false],
  ['https://orders.example.evil', 'gateway.example', false],
  ['http://gateway.example:3003', 'gateway.example', false],
  ['null', 'gateway.example', false],
  [undefined, 'gateway.example', true],
  // Pages of the very address at which the gateway is asked are the dashboard's, which it stands before.
  ['https://gateway.example', 'gateway.example', true],
  ['https://gateway.example', 'gateway.example:443', true],
  ['https://gateway.example:8443', 'gateway.example:8443', true],
  ['https://gateway.example:8443', 'gateway.example', false],
  ['https://gateway.example', 'gateway.example.evil', false],
  ['file://', '', false],
  ['https://gateway.example', undefined, false],
])('in production %s to %s: %s', (origin, host, allowed) => {
  expect(new Origins([dashboard], { sameHost: false }).allows(origin, host)).toBe(allowed);
});

test('in development a page of the same host may, whatever its port', () => {
  const origins = new Origins([dashboard], { sameHost: true });
  expect(origins.allows('http://192.168.1.7:3003', '192.168.1.7:3000')).toBe(true);
  expect(origins.allows('http://192.168.1.8:3003', '192.168.1.7:3000')).toBe(false);
  for (const host of ['', '[', 'a b', 'x:99999', undefined]) expect(origins.allows('http://x:3003', host)).toBe(false);
});

test('pages without https are known, but not those of the same machine', () => {
  const allowed = [
    dashboard,
    'http://orders.example',
    'http://localhost:3003',
    'http://127.0.0.1:3003',
    'http://[::1]:3003',
  ];
  expect(new Origins(allowed, { sameHost: false }).unencrypted).toEqual(['http://orders.example']);
});

const read = (ALLOWED_ORIGINS: string) =>
  parseConfig(z.object({ ...settings.process, ALLOWED_ORIGINS: originList }), { ALLOWED_ORIGINS }).ALLOWED_ORIGINS;

test('a list of origins has any number of them, with spaces between', () => {
  expect(read('https://orders.example, http://[::1]:3003')).toEqual(['https://orders.example', 'http://[::1]:3003']);
});

test.each([
  'foo',
  '*',
  'null',
  'https://orders.example/',
  'https://orders.example/board',
  'https://Orders.example',
  'https://orders.example:443',
  'orders.example:3003',
  'https://a.example https://b.example',
])('%s is no origin, as browsers write it, and one line says so', (text) => {
  const said = `ALLOWED_ORIGINS: an origin is written as https://orders.example.com, without a slash at the end or a usual port, and not ${JSON.stringify(text)}`;
  expect(() => read(`https://orders.example,${text}`)).toThrow(new ConfigError(said));
});
