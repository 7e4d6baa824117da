import { beforeEach, describe, expect, test } from 'vitest';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Gateway } from '../testing/gateway.ts';
import { Rate } from './request-rates.ts';

describe('a rate of 60 a minute', () => {
  let now: number;
  let rate: Rate;

  beforeEach(() => {
    now = 0;
    rate = new Rate('user', 60, () => now);
  });

  test('lets 15 requests come at once, and tells each time how many are left', () => {
    const policy = { 'ratelimit-policy': '"user";q=15;w=15' };
    expect(rate.count('busy')).toEqual({ ...policy, ratelimit: '"user";r=14;t=1' });
    for (let n = 0; n < 13; n += 1) rate.count('busy');
    expect(rate.count('busy')).toEqual({ ...policy, ratelimit: '"user";r=0;t=15' });
  });

  test('refuses the next, says when to come back, and lets it in then', () => {
    for (let n = 0; n < 15; n += 1) rate.count('busy');
    const refused = (): unknown => {
      try {
        return rate.count('busy');
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toMatchObject({ code: 'too_many_requests', headers: { 'retry-after': '1' } });
    expect(refused()).toBeInstanceOf(ProblemError);
    now = 1_000;
    expect(rate.count('busy')).toMatchObject({ ratelimit: '"user";r=0;t=15' });
  });

  test('is of each caller alone', () => {
    for (let n = 0; n < 15; n += 1) rate.count('busy');
    expect(rate.count('calm')).toMatchObject({ ratelimit: '"user";r=14;t=1' });
  });
});

describe('at a gateway', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address });
  /** Asks so often; the last answer. */
  const ask = async (times: number, path: string, headers: Record<string, string>, method = 'GET') => {
    const gateway = await Gateway.open();
    const token = gateway.admit();
    const given = (one: Record<string, string>) =>
      'authorization' in one ? { ...one, authorization: one.authorization || token.authorization } : one;
    try {
      for (let n = 1; n < times; n += 1)
        await (await fetch(`${gateway.url}${path}`, { method, headers: given(headers) })).arrayBuffer();
      const last = await fetch(`${gateway.url}${path}`, { method, headers: given(headers) });
      const other = await fetch(`${gateway.url}${path}`, {
        method,
        headers: given({ ...headers, ...from('2001:db8::1') }),
      });
      return { status: last.status, headers: last.headers, other: other.status };
    } finally {
      await gateway.close();
    }
  };

  test.each([
    ['calls that need no token', '/orders/api', {}, 502],
    ['calls without a token', '/orders/api/orders', {}, 401],
    ['guesses at a token', '/orders/api/orders', { authorization: 'Bearer guess' }, 401],
  ])('%s are counted by address', async (_what, path, headers, usual) => {
    const { status, headers: told, other } = await ask(31, path, { ...headers, ...from('203.0.113.9') });
    expect([status, other]).toEqual([429, usual]);
    expect(told.get('retry-after')).toBe('1');
    expect(told.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/);
    expect(told.get('ratelimit-policy')).toBe('"address";q=30;w=15');
  });

  test('calls with a token are counted by user, wherever they come from', async () => {
    const { status, headers, other } = await ask(61, '/orders/api/orders', {
      authorization: '',
      ...from('203.0.113.9'),
    });
    expect([status, other]).toEqual([429, 429]);
    expect(headers.get('ratelimit-policy')).toBe('"user";q=60;w=15');
  });

  test('an address that many people share is not', async () => {
    const { status, headers } = await ask(61, '/orders/api', {});
    expect([status, headers.get('ratelimit')]).toEqual([502, null]);
  });

  test('a call that is turned away is told how much is left', async () => {
    const { status, headers } = await ask(1, '/orders/api/orders', from('203.0.113.9'));
    expect([status, headers.get('ratelimit')]).toEqual([401, expect.stringMatching(/^"address";r=29;t=\d+$/)]);
  });

  test('pages may read how much is left', async () => {
    const { headers } = await ask(1, '/orders/api', { origin: 'http://dashboard.test', ...from('203.0.113.9') });
    expect(headers.get('access-control-expose-headers')?.split(',')).toEqual(
      expect.arrayContaining(['ratelimit', 'ratelimit-policy', 'retry-after']),
    );
    expect(headers.get('ratelimit')).toMatch(/^"address";r=29;t=\d+$/);
  });
});
