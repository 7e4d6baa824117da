import { calls } from '@live-orders/contracts/rest/calls.ts';
import { session } from '@live-orders/contracts/rest/users.ts';
import { describe, expect } from 'vitest';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let anybody: Api;
let admin: Api;

test.beforeAll(({ shop }) => {
  ({ system, anybody, admin } = shop);
});

const auth = '/users/api/auth';
const profile = '/users/api/users/profile';
const refresh = (api: Api, refresh_token = api.session?.refresh_token ?? '') =>
  api.call(calls.refresh, { body: { refresh_token } });

describe('registration and login', () => {
  test('make a customer whose token is good at once', async () => {
    const api = await anybody.register('  Nadia Novak ');
    expect(api.session).toMatchObject({
      token_type: 'Bearer',
      expires_in: 300,
      user: { role: 'customer', name: 'Nadia Novak' },
    });
    expect(await api.call(calls.verify, {})).toEqual({
      valid: true,
      user: api.session?.user,
    });
    expect(await api.call(calls.getProfile, {})).toEqual(api.session?.user);
  });

  test('an address is taken whatever its capitals', async () => {
    const { session: first } = await anybody.register();
    const body = { email: first?.user.email.toUpperCase(), password: testPassword, name: 'Twin' };
    expect(await anybody.problem('POST', `${auth}/register`, body)).toMatchObject({ status: 409, code: 'email_taken' });
    expect((await anybody.login(body.email ?? '')).session?.user.id).toBe(first?.user.id);
  });

  test('an address is the same with spaces around it and in full-width letters; plus signs and dots make another', async () => {
    const name = crypto.randomUUID();
    const register = (email: string) =>
      anybody.call(calls.register, { body: { email, password: testPassword, name: 'Ada' } });
    const { user } = await register(`  ${name}@Example.com\u00a0`);
    expect(user.email).toBe(`${name}@example.com`);
    const wide = `${name}＠ｅｘａｍｐｌｅ．ｃｏｍ`;
    const twin = { email: wide, password: testPassword, name: 'Twin' };
    expect(await anybody.problem('POST', `${auth}/register`, twin)).toMatchObject({ status: 409, code: 'email_taken' });
    expect(await admin.problem('POST', '/users/api/users', { ...twin, role: 'staff' })).toMatchObject({ status: 409 });
    for (const typed of [user.email, ` ${user.email} `, wide])
      expect((await anybody.login(typed, testPassword)).session?.user.id).toBe(user.id);
    const others = [`${name}+shop@example.com`, `${name.replaceAll('-', '.')}@example.com`];
    for (const email of others) expect((await register(email)).user.email).toBe(email);
  });

  test('an address that only looks like another is refused', async () => {
    const name = crypto.randomUUID();
    await anybody.call(calls.register, {
      body: { email: `a${name}@example.com`, password: testPassword, name: 'Ada' },
    });
    for (const email of [`\u0430${name}@example.com`, `a\u200b${name}@example.com`, `a${name}@ex\u0430mple.com`]) {
      const body = { email, password: testPassword, name: 'Ada' };
      const refused = { status: 422, errors: [{ path: 'email', message: expect.stringMatching(/^must /) as string }] };
      expect(await anybody.problem('POST', `${auth}/register`, body)).toMatchObject(refused);
      expect(await admin.problem('POST', '/users/api/users', { ...body, role: 'admin' })).toMatchObject(refused);
    }
  });

  test('a role cannot be chosen, and a password must be 8 characters', async () => {
    const good = { email: `${crypto.randomUUID()}@example.com`, password: testPassword, name: 'X' };
    for (const [change, path] of [
      [{ role: 'admin' }, 'role'],
      [{ password: 'short' }, 'password'],
      [{ password: 'é'.repeat(7) }, 'password'],
      [{ email: 'nobody' }, 'email'],
      [{ name: ' ' }, 'name'],
    ] as const) {
      expect(await anybody.problem('POST', `${auth}/register`, { ...good, ...change })).toMatchObject({
        status: 422,
        errors: [{ path }],
      });
    }
  });

  test('a wrong password and an unknown address get the same answer', async () => {
    const known = { email: 'staff@example.com', password: 'not the password' };
    const unknown = { email: 'nobody@example.com', password: 'not the password' };
    const answers = await Promise.all([known, unknown].map((body) => anybody.problem('POST', `${auth}/login`, body)));
    for (const { code, detail } of answers)
      expect({ code, detail }).toEqual({ code: 'invalid_credentials', detail: answers[0]?.detail });
  });

  test('guessing is slowed down after ten failures, and says for how long', async () => {
    const { session: victim } = await anybody.register();
    const body = { email: victim?.user.email, password: 'a guess' };
    for (let guess = 0; guess < 10; guess += 1) await anybody.problem('POST', `${auth}/login`, body);
    const right = await anybody.send('POST', `${auth}/login`, { body: { ...body, password: testPassword } });
    expect(right).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('a refresh token', () => {
  test('gives a new access token and its own successor; two tabs at once get the same one', async () => {
    const api = await anybody.register();
    const [one, two] = await Promise.all([refresh(api), refresh(api)]);
    expect(one.refresh_token).toBe(two.refresh_token);
    expect(one.refresh_token).not.toBe(api.session?.refresh_token);
    expect((await refresh(api, one.refresh_token)).user).toEqual(api.session?.user);
  });

  const refused = async (api: Api, refresh_token: string) =>
    expect(await api.problem('POST', `${auth}/refresh`, { refresh_token })).toMatchObject({ status: 401 });

  /** A session that was renewed three times, and its four refresh tokens. */
  const renewed = async () => {
    const api = await anybody.register();
    const tokens = [api.session?.refresh_token ?? ''];
    for (let n = 0; n < 3; n += 1) tokens.push((await refresh(api, tokens.at(-1))).refresh_token);
    return { api, tokens };
  };

  test.each([0, 1])(
    'used again after others followed ends the session, for it may be stolen: the one of %i',
    async (n) => {
      const { api, tokens } = await renewed();
      await refused(api, tokens[n] ?? '');
      await refused(api, tokens[3] ?? '');
      expect(await api.problem('GET', `${auth}/verify`)).toMatchObject({ status: 401 });
    },
  );

  test('used again ends the session also when only one followed, but some seconds ago', async ({ database }) => {
    const { api, tokens } = await renewed();
    await refresh(api, tokens[2]);
    await database.query("UPDATE sessions SET refreshed_at = refreshed_at - interval '11 seconds' WHERE user_id = $1", [
      api.session?.user.id,
    ]);
    await refused(api, tokens[2] ?? '');
    await refused(api, tokens[3] ?? '');
  });

  test('that was never given out ends nothing', async () => {
    const { api, tokens } = await renewed();
    const [id = ''] = tokens[3]?.split('.') ?? [];
    await refused(api, `${id}.${'x'.repeat(43)}`);
    expect((await refresh(api, tokens[3])).user).toEqual(api.session?.user);
  });

  test.each(['', 'x', `${crypto.randomUUID()}.${'x'.repeat(43)}`])('%j is refused', async (refresh_token) => {
    const { status } = await anybody.problem('POST', `${auth}/refresh`, { refresh_token });
    expect([401, 422]).toContain(status);
  });
});

describe('a profile', () => {
  test('changes its name; a new password needs the old one and ends every session', async () => {
    const api = await anybody.register();
    expect(await api.call(calls.changeProfile, { body: { name: 'New Name' } })).toMatchObject({ name: 'New Name' });
    expect(await api.problem('PATCH', profile, { password: 'another password' })).toMatchObject({
      status: 422,
      errors: [{ path: 'current_password' }],
    });
    const wrong = { password: 'another password', current_password: 'wrong' };
    expect(await api.problem('PATCH', profile, wrong)).toMatchObject({ errors: [{ path: 'current_password' }] });
    await api.call(calls.changeProfile, { body: { password: 'another password', current_password: testPassword } });
    expect(await api.problem('GET', profile)).toMatchObject({ status: 401 });
    expect((await anybody.login(api.session?.user.email ?? '', 'another password')).session?.user.name).toBe(
      'New Name',
    );
  });
});

describe('rights that were taken away', () => {
  test('are gone at once for administrators, even while the news cannot travel', async () => {
    const wanted = {
      email: `${crypto.randomUUID()}@example.com`,
      password: testPassword,
      name: 'Brief',
      role: 'admin' as const,
    };
    await admin.call(calls.createUser, { body: wanted });
    const brief = await anybody.login(wanted.email);
    const bridge = system.part('bridge');
    await bridge.stop();
    try {
      expect((await admin.send('DELETE', `/users/api/users/${brief.session?.user.id}`)).status).toBe(204);
      expect(await brief.problem('GET', '/users/api/users')).toMatchObject({ status: 401 });
      expect(
        await brief.problem('PATCH', `/users/api/users/${brief.session?.user.id}`, { active: true }),
      ).toMatchObject({ status: 401 });
    } finally {
      await bridge.start();
    }
  });

  test('leave no session to logins that were under way', async () => {
    const { session: made } = await anybody.register();
    const id = made?.user.id;
    const login = () =>
      anybody.send('POST', '/users/api/auth/login', { body: { email: made?.user.email, password: testPassword } });
    // Fewer than the failures after which the guard answers instead.
    const [logins] = await Promise.all([
      Promise.all(Array.from({ length: 8 }, login)),
      admin.send('DELETE', `/users/api/users/${id}`),
    ]);
    for (const { status, body } of logins) {
      if (status !== 200) continue;
      const { refresh_token } = session.parse(body);
      expect(await anybody.problem('POST', '/users/api/auth/refresh', { refresh_token })).toMatchObject({
        status: 401,
      });
    }
    expect((await login()).status).toBe(403);
  });
});

describe('an administrator', () => {
  test('creates, finds, changes and deactivates users', async () => {
    const wanted = {
      email: `${crypto.randomUUID()}@example.com`,
      password: testPassword,
      name: 'Olga',
      role: 'staff' as const,
    };
    const created = await admin.call(calls.createUser, { body: wanted });
    expect(created).toMatchObject({ email: wanted.email, role: 'staff', active: true, version: 1 });
    const path = `/users/api/users/${created.id}`;
    expect(await admin.call(calls.getUser, { id: created.id })).toEqual(created);
    const changed = await admin.call(calls.changeUser, {
      id: created.id,
      body: { name: 'Olga Orlova', role: 'customer' },
    });
    expect(changed).toMatchObject({ name: 'Olga Orlova', role: 'customer', version: 2 });
    expect((await admin.send('DELETE', path)).status).toBe(204);
    expect(await admin.call(calls.getUser, { id: created.id })).toMatchObject({ active: false, version: 3 });
    const newest = await admin.call(calls.listUsers, { query: { limit: 1, role: 'customer' } });
    expect(newest.data[0]?.id).toBe(created.id);
    expect(newest.next_cursor).not.toBeNull();
  });

  test('loses own sessions with the role, and the last one cannot go', async () => {
    const id = admin.session?.user.id ?? '';
    const own = `/users/api/users/${id}`;
    expect(await admin.problem('DELETE', own)).toMatchObject({ status: 409, code: 'last_admin' });
    expect(await admin.problem('PATCH', own, { role: 'staff' })).toMatchObject({ status: 409, code: 'last_admin' });
    expect(await admin.call(calls.getUser, { id: admin.session?.user.id ?? '' })).toMatchObject({
      role: 'admin',
      active: true,
    });
  });

  test('of two who demote each other at once one stays', async () => {
    const wanted = {
      email: `${crypto.randomUUID()}@example.com`,
      password: testPassword,
      name: 'Second',
      role: 'admin' as const,
    };
    const second = await admin.call(calls.createUser, { body: wanted });
    const other = await anybody.login(wanted.email);
    const answers = await Promise.all([
      admin.send('PATCH', `/users/api/users/${second.id}`, { body: { role: 'customer' } }),
      other.send('PATCH', `/users/api/users/${admin.session?.user.id}`, { body: { role: 'customer' } }),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    // The administrator of the demo is needed by others.
    const [secondLost] = answers.map(({ status }) => status === 200);
    const winner = secondLost ? admin : other;
    await winner.call(calls.changeUser, { id: admin.session?.user.id ?? '', body: { role: 'admin' } });
    // Others need it to be the last one, too.
    const again = await anybody.login('admin@example.com');
    await again.call(calls.deactivateUser, { id: second.id });
  });

  test('is meant by the role, not by the path: staff get 403 whatever they ask for', async () => {
    const again = await anybody.login('staff@example.com');
    expect(await again.problem('GET', '/users/api/users/x')).toMatchObject({ status: 403 });
  });
});
