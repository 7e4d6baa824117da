import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type pg from 'pg';
import { describe, expect } from 'vitest';

let shop: Shop;
let database: pg.Client;

test.beforeAll(({ shop: opened, database: connected }) => {
  shop = opened;
  database = connected;
});

const newEmail = (): string => `${crypto.randomUUID()}@example.com`;
const register = (password: string) =>
  shop.anybody.send('POST', calls.register.path, { body: { email: newEmail(), password, name: 'Nora Newcomer' } });

describe('a password that is easy to guess', () => {
  const refusal = { status: 422, code: 'validation_failed', errors: [{ path: 'password' }] };

  test('is refused at a registration', async () => {
    for (const password of ['password', 'aaaaaaaa', 'nora.newcomer', 'short'])
      expect((await register(password)).body).toMatchObject(refusal);
  });

  test('is refused to whoever changes one, and to an administrator for somebody else', async () => {
    const api = await shop.anybody.register('Nora Newcomer');
    const body = { password: 'newcomer nora', current_password: testPassword };
    expect(await api.problem('PATCH', calls.changeProfile.path, body)).toMatchObject(refusal);
    // Before the own one is compared, which takes time.
    const wrong = { ...body, current_password: 'not the password' };
    expect(await api.problem('PATCH', calls.changeProfile.path, wrong)).toMatchObject(refusal);
    const path = calls.changeUser.path.replace('{id}', api.session?.user.id ?? '');
    expect(await shop.admin.problem('PATCH', path, { password: 'newcomer nora' })).toMatchObject(refusal);
    const made = { email: newEmail(), name: 'Nora Newcomer', role: 'staff', password: '12345678' };
    expect(await shop.admin.problem('POST', calls.createUser.path, made)).toMatchObject(refusal);
  });
});

test.for(['é'.repeat(3) + 'à'.repeat(61), 'Я'.repeat(2) + 'ю'.repeat(62), '🐢🐇'.repeat(7) + '🐇🐢'.repeat(25)])(
  '64 characters of any script may be a password: %s',
  async (password) => {
    const { status, body } = await register(password);
    expect(status).toBe(201);
    const { email } = calls.register.answer.parse(body).user;
    const decomposed = password.normalize('NFD');
    expect((await shop.anybody.login(email, decomposed)).session?.user.email).toBe(email);
    await expect(shop.anybody.login(email, password.slice(0, -2))).rejects.toThrow();
  },
);

describe('a hash of an earlier release', () => {
  const stored = async (api: Api): Promise<{ password: string; version: number }> => {
    const sql = 'SELECT password, version FROM users WHERE id = $1';
    const { rows } = await database.query<{ password: string; version: number }>(sql, [api.session?.user.id]);
    if (!rows[0]) throw new Error('the user is gone');
    return rows[0];
  };

  test('is made anew at the next login, which ends no session and tells nobody', async () => {
    const api = await shop.anybody.register();
    const { email = '' } = api.session?.user ?? {};
    // bcrypt of the password itself, as releases up to 0.1 stored it.
    const old = '$2b$04$e2UzKYxvRoHPZvkOt2fn5Olc4jz327J0fxJWPXMK7MCLAhg5gMcha';
    await database.query('UPDATE users SET password = $1 WHERE id = $2', [old, api.session?.user.id]);
    await expect(shop.anybody.login(email, 'a wrong one')).rejects.toThrow();
    expect(await stored(api)).toEqual({ password: old, version: 1 });

    await shop.anybody.login(email);
    const renewed = await stored(api);
    expect(renewed).toMatchObject({
      password: expect.stringMatching(/^hmac-sha512:\$2b\$04\$/) as unknown,
      version: 1,
    });
    await shop.anybody.login(email);
    expect(await stored(api)).toEqual(renewed);
    await api.call(calls.getProfile, {});
  });
});
