import { expect, test } from 'vitest';
import { Origins } from './origins.ts';

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
