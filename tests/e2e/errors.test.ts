import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type ErrorCode, errorCatalogue, type Problem } from '@live-orders/contracts/rest/errors.ts';
import { mostViews } from '@live-orders/contracts/rest/views.ts';
import type pg from 'pg';
import { expect } from 'vitest';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let database: pg.Client;
let anybody: Api;
let admin: Api;
let staff: Api;
let customer: Api;
let productId: string;

const path = '/orders/api/orders';
const auth = '/users/api/auth';
const unknownId = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';

test.beforeAll(({ shop, database: connected }) => {
  ({ system, anybody, admin, staff, customer } = shop);
  productId = shop.products[0].id;
  database = connected;
});

const lines = (quantity = 1, id = productId) => ({ items: [{ product_id: id, quantity }] });
const moveTo = async (status: string, headers: Record<string, string> = {}): Promise<Problem> => {
  const { id } = await customer.placeOrder(lines().items);
  return staff.problem('PATCH', `${path}/${id}/status`, { status }, headers);
};

const undo = (id: string, version: number): Promise<Problem> =>
  staff.problem('POST', `${path}/${id}/undo`, {}, { 'if-match': `"${version}"` });

const undoTooLate = async (): Promise<Problem> => {
  const { id } = await customer.placeOrder(lines().items);
  await staff.call(calls.moveOrder, { id, body: { status: 'confirmed' } });
  await database.query(
    `UPDATE order_status_history SET created_at = created_at - interval '1 hour' WHERE order_id = $1`,
    [id],
  );
  return undo(id, 2);
};

/** Sends a request while another connection holds its idempotency key, unfinished. */
const twinOfUnfinished = async (): Promise<Problem> => {
  const key = crypto.randomUUID();
  await database.query('BEGIN');
  await database.query(`INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES ($1, $2, '')`, [
    customer.session?.user.id,
    key,
  ]);
  try {
    return await customer.problem('POST', path, lines(), { 'idempotency-key': key });
  } finally {
    await database.query('ROLLBACK');
  }
};

const otherBodyOfKey = async (): Promise<Problem> => {
  const key = { 'idempotency-key': crypto.randomUUID() };
  await customer.send('POST', path, { body: lines(), headers: key });
  return customer.problem('POST', path, lines(2), key);
};

const guesses = async (): Promise<Problem> => {
  const body = { email: `${crypto.randomUUID()}@example.com`, password: 'a wrong password' };
  for (let count = 0; count < 10; count += 1) await anybody.send('POST', `${auth}/login`, { body });
  return anybody.problem('POST', `${auth}/login`, body);
};

/** An error that no code expects: a table is missing. */
const withoutHistory = async (): Promise<Problem> => {
  const { id } = await customer.placeOrder(lines().items);
  await database.query('ALTER TABLE order_status_history RENAME TO elsewhere');
  try {
    return await customer.problem('GET', `${path}/${id}/history`);
  } finally {
    await database.query('ALTER TABLE elsewhere RENAME TO order_status_history');
  }
};

const withoutOrders = async (): Promise<Problem> => {
  await system.part('orders').kill();
  try {
    return await customer.problem('GET', path);
  } finally {
    await system.part('orders').start();
  }
};

const loginOfDeactivated = async (): Promise<Problem> => {
  const { session } = await anybody.register();
  await admin.send('DELETE', `/users/api/users/${session?.user.id}`);
  return anybody.problem('POST', `${auth}/login`, { email: session?.user.email, password: testPassword });
};

/** What the last of several views of these names answers; those that were kept go again. */
const keepViews = async (...names: string[]): Promise<Problem> => {
  const last = names.pop();
  const kept: string[] = [];
  // One after the other: so many calls at once would be too many of them.
  for (const name of names) kept.push((await staff.call(calls.saveView, { body: { name, search: '?' } })).id);
  try {
    return await staff.problem('POST', calls.saveView.path, { name: last, search: '?' });
  } finally {
    for (const id of kept) await staff.call(calls.deleteView, { id });
  }
};

/** How each code is met; or the test that meets it, for what takes a test of its own. */
const ways: Record<ErrorCode, (() => Promise<Problem>) | string> = {
  malformed_request: () => customer.problem('POST', path, '{"items":'),
  unauthenticated: () => anybody.problem('GET', path),
  invalid_credentials: () =>
    anybody.problem('POST', `${auth}/login`, { email: 'nobody@example.com', password: 'a wrong password' }),
  forbidden: () => customer.problem('GET', '/users/api/users'),
  account_deactivated: loginOfDeactivated,
  not_found: () => staff.problem('GET', `${path}/${unknownId}`),
  email_taken: () =>
    anybody.problem('POST', `${auth}/register`, {
      email: 'staff@example.com',
      password: 'the password of a test',
      name: 'Sam',
    }),
  insufficient_stock: () => customer.problem('POST', path, lines(1000)),
  price_changed: () =>
    customer.problem('POST', path, { items: [{ product_id: productId, quantity: 1, expected_price: 1 }] }),
  invalid_transition: () => moveTo('delivered'),
  nothing_to_undo: async () => undo((await customer.placeOrder(lines().items)).id, 1),
  undo_expired: undoTooLate,
  other_user: 'tests/browser/tabs.test.ts',
  idempotency_in_flight: twinOfUnfinished,
  version_conflict: () => moveTo('confirmed', { 'if-match': '"7"' }),
  idempotency_key_reused: otherBodyOfKey,
  view_name_taken: () => keepViews('Late ones', 'LATE ONES'),
  too_many_views: () => keepViews(...Array.from({ length: mostViews + 1 }, () => crypto.randomUUID())),
  last_admin: () => admin.problem('DELETE', `/users/api/users/${admin.session?.user.id}`),
  body_too_large: () => customer.problem('POST', path, { note: 'x'.repeat(300_000) }),
  unsupported_media_type: () => customer.problem('POST', path, 'items=1', { 'content-type': 'text/plain' }),
  validation_failed: () => customer.problem('POST', path, { items: [] }),
  unknown_product: () => customer.problem('POST', path, lines(1, unknownId)),
  too_many_requests: guesses,
  internal_error: withoutHistory,
  upstream_unavailable: withoutOrders,
  unavailable: 'tests/faults/database.test.ts',
  upstream_timeout: 'gateway/src/proxy/proxy.test.ts',
};

const codes = Object.keys(ways).filter((code): code is ErrorCode => code in errorCatalogue);

test.each(codes)('%s is met', async (code) => {
  const way = ways[code];
  if (typeof way === 'string') {
    expect(readFileSync(join(import.meta.dirname, '../..', way), 'utf8')).toContain(`'${code}'`);
    return;
  }
  const entry = errorCatalogue[code];
  const { status, title } = entry;
  const given = await way();
  expect(given).toMatchObject({ code, status, title, type: `urn:live-orders:error:${code}` });
  if ('members' in entry) expect(entry.members.safeParse(given).error).toBeUndefined();
});

test('text that PostgreSQL cannot store answers 422, and a time that it does not know', async () => {
  const bad = 'a\0b';
  const half = '\ud800';
  const cursorAt = (time: string) =>
    Buffer.from(JSON.stringify(['-created_at', time, unknownId])).toString('base64url');
  for (const note of [bad, half]) {
    expect(await customer.problem('POST', path, { ...lines(), note })).toMatchObject({ errors: [{ path: 'note' }] });
  }
  const register = { email: `${crypto.randomUUID()}@example.com`, password: 'the password of a test', name: bad };
  expect(await anybody.problem('POST', `${auth}/register`, register)).toMatchObject({ errors: [{ path: 'name' }] });
  for (const [query, field] of [
    [`q=${encodeURIComponent(bad)}`, 'q'],
    ['created_from=0000-01-01T00:00:00Z', 'created_from'],
    ['created_from=2026-01-01T00:00:00%2B16:00', 'created_from'],
    ['created_to=2026-01-01T00:00:00-23:59', 'created_to'],
    [`cursor=${cursorAt('2026-01-01T00:00:00+19:00')}`, 'cursor'],
    ['min_total=1e300', 'min_total'],
    [`cursor=${cursorAt('soon')}`, 'cursor'],
    ['limit=1&limit=2', 'limit'],
  ]) {
    expect(await staff.problem('GET', `${path}?${query}`)).toMatchObject({ status: 422, errors: [{ path: field }] });
  }
});
