import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect } from 'vitest';

let shop: Shop;

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  await shop.system.ensure('dashboard');
});

type Cookies = ReadonlyMap<string, string>;
const none: Cookies = new Map();

/** What the form answers a browser that has these cookies, and the cookies that it has then. */
const submit = async (email: string, password: string, cookies = none) => {
  const origin = shop.system.dashboardUrl;
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { accept: 'text/html', origin, ...(cookie ? { cookie } : {}) };
  const body = new URLSearchParams({ email, password });
  const answer = await fetch(`${origin}/login`, { method: 'POST', headers, body, redirect: 'manual' });
  const given = answer.headers.getSetCookie().map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    return [name, value];
  });
  return { status: answer.status, page: await answer.text(), cookies: new Map([...cookies, ...given]) };
};

const cookieOf = (cookies: Cookies, kind: 'access' | 'refresh'): string =>
  [...cookies].find(([name]) => name.endsWith(`_${kind}`))?.[1] ?? '';

/** Whether the session lives of which these cookies are. */
const isAlive = async (cookies: Cookies): Promise<boolean> => {
  const authorization = `Bearer ${cookieOf(cookies, 'access')}`;
  const { status } = await shop.anybody.send('GET', calls.verify.path, { headers: { authorization } });
  return status === 200;
};

const enrol = async (): Promise<string> => (await shop.anybody.register()).session?.user.email ?? '';

describe('a login in a browser that has a session', () => {
  test('ends that one: its refresh token is good for nothing any more', async () => {
    const [first, second] = await Promise.all([enrol(), enrol()]);
    const before = await submit(first, testPassword);
    expect([before.status, await isAlive(before.cookies)]).toEqual([303, true]);
    const after = await submit(second, testPassword, before.cookies);
    expect([after.status, await isAlive(after.cookies)]).toEqual([303, true]);
    expect(await isAlive(before.cookies)).toBe(false);
    const refresh_token = cookieOf(before.cookies, 'refresh');
    expect(refresh_token).not.toBe('');
    const renewal = await new Api(shop.system.gatewayUrl).problem('POST', calls.refresh.path, { refresh_token });
    expect(renewal).toMatchObject({ status: 401, code: 'unauthenticated' });
    const next = await shop.anybody.call(calls.refresh, {
      body: { refresh_token: cookieOf(after.cookies, 'refresh') },
    });
    expect(next.user.email).toBe(second);
  });

  test('ends nothing when it fails', async () => {
    const email = await enrol();
    const before = await submit(email, testPassword);
    const refused = await submit(email, 'not the password', before.cookies);
    expect(refused).toMatchObject({
      status: 401,
      page: expect.stringContaining('The e-mail or the password is wrong.') as string,
    });
    expect(await isAlive(before.cookies)).toBe(true);
  });

  test('succeeds although the old one cannot be ended', async () => {
    const email = await enrol();
    const { cookies } = await submit(email, testPassword);
    const stale = new Map(
      [...cookies].map(([name, value]) => [name, /_(access|refresh)$/.test(name) ? 'spoiled' : value]),
    );
    const after = await submit(email, testPassword, stale);
    expect([after.status, await isAlive(after.cookies)]).toEqual([303, true]);
  });
});

describe('the address in the form', () => {
  test('may have spaces around it, capitals and full-width letters', async () => {
    const email = await enrol();
    for (const typed of [` ${email.toUpperCase()} `, email.replace('@example.com', '＠ｅｘａｍｐｌｅ.com')])
      expect((await submit(typed, testPassword)).status).toBe(303);
  });

  test('is told what is wrong with it', async () => {
    const told = async (email: string): Promise<string> => (await submit(email, testPassword)).page;
    expect(await told('\u0430da@example.com')).toContain('The e-mail address must have only a to z, digits');
    expect(await told('ada')).toContain('The e-mail address must be like ada@example.com.');
    expect(await told('')).toContain('Enter an e-mail address and a password.');
  });
});
