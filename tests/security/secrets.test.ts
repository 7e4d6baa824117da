import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect, vi } from 'vitest';

const other = crypto.randomUUID();
const refresh = (api: Api) =>
  api.send('POST', calls.refresh.path, { body: { refresh_token: api.session?.refresh_token ?? '' } });
const profile = async (api: Api) => (await api.send('GET', calls.getProfile.path)).status;

// SECURITY.md tells people what they will notice when they change a secret.

test('with another JWT_SECRET tokens and renewals have ended, but for the first renewal after a login', async ({
  shop,
}) => {
  const { system, anybody } = shop;
  const fresh = await anybody.register();
  const before = await anybody.register();
  const renewed = new Api(
    before.url,
    await before.call(calls.refresh, { body: { refresh_token: before.session?.refresh_token ?? '' } }),
  );
  expect(await profile(renewed)).toBe(200);
  await system.withSettings('users', { JWT_SECRET: other }, async () => {
    for (const api of [fresh, renewed]) {
      expect(await profile(api)).toBe(401);
      // This service has verified the token before, and remembers that.
      expect((await api.send('GET', calls.listOrders.path)).status).toBe(401);
    }
    expect((await refresh(renewed)).status).toBe(401);
    expect((await refresh(fresh)).status).toBe(200);
    const again = await anybody.login(renewed.session?.user.email ?? '');
    await vi.waitFor(async () => expect((await again.send('GET', calls.listOrders.path)).status).toBe(200), {
      timeout: 10_000,
      interval: 200,
    });
  });
});

test('with another PASSWORD_PEPPER no password fits until it is set anew, and sessions go on', async ({ shop }) => {
  const { system, anybody, admin } = shop;
  const user = await anybody.register();
  // Whoever has just fetched the keys of another secret fetches them again no sooner than 5 s later.
  await vi.waitFor(async () => expect(await profile(user)).toBe(200), { timeout: 10_000, interval: 200 });
  const { id = '', email = '' } = user.session?.user ?? {};
  const login = async (password: string) =>
    (await anybody.send('POST', calls.login.path, { body: { email, password } })).status;
  await system.withSettings('users', { PASSWORD_PEPPER: other }, async () => {
    expect(await login(testPassword)).toBe(401);
    expect(await profile(user)).toBe(200);
    expect((await refresh(user)).status).toBe(200);
    const change = { password: testPassword, current_password: testPassword };
    expect((await user.send('PATCH', calls.changeProfile.path, { body: change })).status).toBe(422);
    const set = await admin.send('PATCH', calls.changeUser.path.replace('{id}', id), {
      body: { password: testPassword },
    });
    expect(set.status).toBe(200);
    expect(await login(testPassword)).toBe(200);
  });
});
