import { type SecurityEventType, securityEventTypes } from '@live-orders/contracts/audit/security-events.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { SecurityEntry } from '@live-orders/contracts/rest/security-events.ts';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type pg from 'pg';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';

let shop: Shop;
let database: pg.Client;

test.beforeAll(({ shop: opened, database: connected }) => {
  shop = opened;
  database = connected;
});

/** What must be nowhere: what was typed or given out as a secret, collected by the tests. */
const secrets: string[] = [];
const wrong = 'not the password of anybody';
secrets.push(testPassword, wrong);

/** A place and a device of one test alone, through a proxy on this machine. */
let places = 0;
const newPlace = () => {
  places += 1;
  const address = `198.19.0.${places}`;
  const request_id = `audit-${crypto.randomUUID()}`;
  const user_agent = `Audit/${places}`;
  return {
    ...{ address, request_id, user_agent },
    headers: { 'x-forwarded-for': address, 'x-request-id': request_id, 'user-agent': user_agent },
  };
};
type Place = ReturnType<typeof newPlace>;

/** Sends with the token of `api` from the place. */
const send = (place: Place, api: Api, method: string, path: string, body?: unknown, headers = {}) =>
  api.send(method, path, { body, headers: { ...place.headers, ...headers } });

/** Somebody new, who registers at the place. */
const registerAt = async (place: Place): Promise<Api> => {
  const body = { email: `${crypto.randomUUID()}@example.com`, password: testPassword, name: 'Audit Test' };
  const { body: session } = await send(place, shop.anybody, 'POST', calls.register.path, body);
  return remember(new Api(shop.system.gatewayUrl, calls.register.answer.parse(session)));
};
const remember = (api: Api): Api => {
  secrets.push(api.session?.access_token ?? '', api.session?.refresh_token ?? '');
  return api;
};
/** At a place of their own, because one may not register many. */
const register = (): Promise<Api> => registerAt(newPlace());
const idOf = ({ session }: Api): string => session?.user.id ?? '';
const emailOf = ({ session }: Api): string => session?.user.email ?? '';

const logIn = (place: Place, email: string, password: string) =>
  send(place, shop.anybody, 'POST', calls.login.path, { email, password });
const refresh = async (place: Place, refresh_token: string): Promise<string> => {
  const { body } = await send(place, shop.anybody, 'POST', calls.refresh.path, { refresh_token });
  const next = z.object({ refresh_token: z.string().default('') }).parse(body).refresh_token;
  if (next) secrets.push(next);
  return next;
};
const changeUser = (place: Place, { session }: Api, change: object) =>
  send(place, shop.admin, 'PATCH', calls.changeUser.path.replace('{id}', session?.user.id ?? ''), change);

interface Expected {
  actor?: string | null;
  subject?: string | null;
  details?: Record<string, string>;
}

const byAdmin = (api: Api): Expected => ({ actor: idOf(shop.admin), subject: idOf(api) });
const byOwner = (api: Api): Expected => ({ actor: idOf(api), subject: idOf(api) });

/** How each event comes about, and what it says then. */
const ways: Record<SecurityEventType, (place: Place) => Promise<Expected>> = {
  'login.succeeded': async (place) => {
    const api = await register();
    const { body } = await logIn(place, emailOf(api), testPassword);
    remember(new Api('', calls.login.answer.parse(body)));
    return byOwner(api);
  },
  'login.failed': async (place) => {
    const api = await register();
    await logIn(place, emailOf(api), wrong);
    const details = { method: 'POST', route: '/api/auth/login', code: 'invalid_credentials' };
    return { actor: null, subject: idOf(api), details };
  },
  'login.delayed': async (place) => {
    const api = await register();
    for (let n = 0; n < 11; n += 1) await logIn(place, emailOf(api), wrong);
    return { actor: null, subject: idOf(api) };
  },
  'session.ended': async (place) => {
    const api = await register();
    await send(place, api, 'POST', calls.logout.path);
    return byOwner(api);
  },
  'session.stolen': async (place) => {
    const api = await register();
    const first = api.session?.refresh_token ?? '';
    await refresh(place, await refresh(place, first));
    await refresh(place, first);
    return { actor: null, subject: idOf(api) };
  },
  'password.changed': async (place) => {
    const api = await register();
    const password = 'quite another long one';
    secrets.push(password);
    await send(place, api, 'PATCH', calls.changeProfile.path, { password, current_password: testPassword });
    return byOwner(api);
  },
  'password.refused': async (place) => {
    const api = await register();
    await send(place, api, 'PATCH', calls.changeProfile.path, { password: testPassword, current_password: wrong });
    return byOwner(api);
  },
  'user.registered': async (place) => byOwner(await registerAt(place)),
  'user.created': async (place) => {
    const body = { email: `${crypto.randomUUID()}@example.com`, password: testPassword, name: 'New', role: 'staff' };
    const answer = await send(place, shop.admin, 'POST', calls.createUser.path, body);
    const subject = calls.createUser.answer.parse(answer.body).id;
    return { actor: idOf(shop.admin), subject, details: { role: 'staff' } };
  },
  'user.role_changed': async (place) => {
    const api = await register();
    await changeUser(place, api, { role: 'staff' });
    return { ...byAdmin(api), details: { from: 'customer', to: 'staff' } };
  },
  'user.deactivated': async (place) => {
    const api = await register();
    await changeUser(place, api, { active: false });
    return byAdmin(api);
  },
  'user.reactivated': async (place) => {
    const api = await register();
    await shop.admin.call(calls.deactivateUser, { id: idOf(api) });
    await changeUser(place, api, { active: true });
    return byAdmin(api);
  },
  'access.denied': async (place) => {
    const api = await register();
    await send(place, api, 'GET', calls.listUsers.path);
    const details = { method: 'GET', route: '/api/users', code: 'forbidden' };
    return { actor: idOf(api), subject: null, details };
  },
  'rate.exceeded': async (place) => {
    // As many as may come at once, and some more.
    const calling = Array.from({ length: 170 }, () => send(place, shop.anybody, 'GET', calls.getProfile.path));
    expect((await Promise.all(calling)).map(({ status }) => status)).toContain(429);
    return { actor: null, subject: null, details: { method: 'GET', route: '/users/api/*', code: 'too_many_requests' } };
  },
  'origin.refused': async (place) => {
    await send(place, shop.anybody, 'GET', '/live/events', undefined, { origin: 'https://evil.example' });
    return { actor: null, subject: null, details: { method: 'GET', route: '/live/events', code: 'forbidden' } };
  },
  'ticket.refused': async (place) => {
    const ticket = 'x'.repeat(32);
    secrets.push(ticket);
    await send(place, shop.anybody, 'GET', `/live/events?ticket=${ticket}`);
    return { actor: null, subject: null };
  },
};

/** The events from an address once there is one of this type, newest first. */
const waitFor = (type: SecurityEventType, address: string): Promise<SecurityEntry> =>
  vi.waitFor(
    async () => {
      const { data } = await shop.admin.call(calls.listSecurityEvents, { query: { type, address } });
      const [found] = data;
      if (!found) throw new Error(`no ${type} from ${address}`);
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );

/** The lines of any part's log that tell of an event. */
const linesOf = (id: string) =>
  shop.system.lines
    .filter((line) => line.includes(`"event_id":"${id}"`))
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line.slice(line.indexOf('{')))));

test.each(securityEventTypes)('%s is in the table and in the log, with request, address and device', async (type) => {
  const place = newPlace();
  const { actor, subject, details = expect.any(Object) as Record<string, string> } = await ways[type](place);
  const found = await waitFor(type, place.address);
  const { headers: _, ...where } = place;
  const said = { ...where, actor_id: actor, subject_id: subject, details };
  expect(found).toMatchObject({ type, ...said });
  expect(linesOf(found.id)).toEqual([expect.objectContaining({ event: type, msg: 'security event', ...said })]);
});

describe('a login that fails', () => {
  test('tells nothing of an address that has no account: somebody may have typed a password there', async () => {
    const place = newPlace();
    const typed = `hunter2-${crypto.randomUUID()}@example.com`;
    secrets.push(typed);
    await logIn(place, typed, wrong);
    expect(await waitFor('login.failed', place.address)).toMatchObject({ subject_id: null, subject_email: null });
  });

  test('of a deactivated account says so', async () => {
    const api = await register();
    await shop.admin.call(calls.deactivateUser, { id: idOf(api) });
    const place = newPlace();
    await logIn(place, emailOf(api), testPassword);
    const { details, subject_email } = await waitFor('login.failed', place.address);
    expect({ code: details.code, subject_email }).toEqual({ code: 'account_deactivated', subject_email: emailOf(api) });
  });
});

test('what the orders service refuses is there as well', async () => {
  const place = newPlace();
  const path = calls.adjustStock.path.replace('{id}', crypto.randomUUID());
  await send(place, shop.customer, 'POST', path, { change: 1 });
  const { actor_email, details } = await waitFor('access.denied', place.address);
  expect(actor_email).toBe(emailOf(shop.customer));
  expect(details).toEqual({ method: 'POST', route: '/api/products/:id/stock', code: 'forbidden' });
});

test('without Redis the orders service refuses as before, and its log tells', async () => {
  await shop.system.beside('orders', { REDIS_PORT: '1' }, async (url) => {
    const api = new Api(url, shop.customer.session);
    const headers = { 'user-agent': `Without Redis ${crypto.randomUUID()}` };
    expect((await api.send('GET', '/api/orders/stats', { headers })).status).toBe(403);
    const told = () => shop.system.lines.filter((line) => line.includes(headers['user-agent']));
    await vi.waitFor(() => expect(told().join()).toContain('"event":"access.denied"'), { timeout: 20_000 });
  });
});

test('no secret is in the table or in any log', async () => {
  const { rows } = await database.query<{ row: string }>('SELECT e::text AS row FROM security_events e');
  const text = [...rows.map(({ row }) => row), ...shop.system.lines].join('\n');
  expect(secrets.length).toBeGreaterThan(20);
  for (const secret of secrets.filter(Boolean)) expect(text.includes(secret)).toBe(false);
  expect(text).not.toMatch(/\$2[aby]\$\d\d\$/);
});
