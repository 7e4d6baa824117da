import { describe, expect, test } from 'vitest';
import { Callers, readProxies } from './callers.ts';

const secret = 'a secret that only the dashboard knows';
const callers = new Callers(readProxies('loopback, 10.0.0.0/8, 192.0.2.7, 2001:db8::/32'), secret);

describe('a request is of', () => {
  test.each([
    ['whoever sends it', '203.0.113.5', undefined, '203.0.113.5'],
    ['whoever sends it, whatever it claims', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['whom a trusted proxy names', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [
      'whom the last proxy names, not whom that one claims to be',
      '10.1.2.3',
      '127.0.0.1, 198.51.100.1',
      '198.51.100.1',
    ],
    [
      'whom the first of several proxies names',
      '127.0.0.1',
      '1.1.1.1, 198.51.100.1, 192.0.2.7, 10.9.9.9',
      '198.51.100.1',
    ],
    ['a proxy that names nobody', '10.1.2.3', undefined, '10.1.2.3'],
    ['a proxy that names nonsense', '10.1.2.3', '198.51.100.1, unknown', '10.1.2.3'],
    ['a proxy whose whole chain are proxies', '10.1.2.3', '10.4.4.4', '10.4.4.4'],
    ['an IPv4 address over an IPv6 socket', '::ffff:203.0.113.5', undefined, '203.0.113.5'],
    ['whom a proxy over an IPv6 socket names', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['whom a proxy names with a port', '2001:db8::1', '198.51.100.1:4711', '198.51.100.1'],
    ['whom a proxy names in brackets', '::1', '[2001:db9::5]:4711', '2001:db9::5'],
  ])('%s', (_what, peer, header, expected) => {
    expect(callers.addressOf(peer, header)).toBe(expected);
  });

  test('whom the dashboard names, wherever it runs', () => {
    const header = '127.0.0.1, 198.51.100.1';
    expect(callers.addressOf('172.18.0.9', header, secret)).toBe('198.51.100.1');
    expect(callers.addressOf('172.18.0.9', header, 'a guess')).toBe('172.18.0.9');
    expect(new Callers(readProxies('')).addressOf('172.18.0.9', header, '')).toBe('172.18.0.9');
  });
});

test.each(['nginx', '10.0.0.0/40', '10.0.0.0/x', '1.2.3', '300.1.1.1'])('%s is no proxy', (text) => {
  expect(() => readProxies(`loopback,${text}`)).toThrow();
});
