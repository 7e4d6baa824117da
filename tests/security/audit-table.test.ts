import { securityEventStream } from '@live-orders/contracts/redis/keyspace.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { SecurityEntry } from '@live-orders/contracts/rest/security-events.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type pg from 'pg';
import { describe, expect, vi } from 'vitest';
import type { z } from 'zod';

type Page = z.infer<typeof calls.listSecurityEvents.answer>;

let shop: Shop;
let database: pg.Client;

test.beforeAll(({ shop: opened, database: connected }) => {
  shop = opened;
  database = connected;
});

const idOf = ({ session }: Api): string => session?.user.id ?? '';
const emailOf = ({ session }: Api): string => session?.user.email ?? '';
const list = (query: Record<string, string | number | undefined>): Promise<Page> =>
  shop.admin.call(calls.listSecurityEvents, { query });
const typesOf = ({ data }: Page): string[] => data.map(({ type }) => type);

/** Somebody who registered, became staff, and then a customer again; what an administrator did came from the address. */
const addressOfAdmin = '198.19.1.1';
const person = async (): Promise<Api> => {
  const api = await shop.anybody.register();
  const headers = { 'x-forwarded-for': addressOfAdmin };
  for (const role of ['staff', 'customer'] as const) {
    await shop.admin.call(calls.changeUser, { id: idOf(api), body: { role }, headers });
  }
  return api;
};

describe('the list', () => {
  test('finds by user, as the one who did it and as the one whom it concerns, by id and by e-mail address', async () => {
    const api = await person();
    for (const user of [idOf(api), emailOf(api), emailOf(api).toUpperCase()]) {
      expect(typesOf(await list({ user }))).toEqual([
        ...['user.role_changed', 'user.role_changed', 'login.succeeded', 'user.registered'],
      ]);
    }
    const byAdmin = await list({ user: emailOf(shop.admin), address: addressOfAdmin });
    expect(byAdmin.data.filter(({ subject_id }) => subject_id === idOf(api))).toMatchObject([
      { actor_email: emailOf(shop.admin), subject_email: emailOf(api), details: { from: 'staff', to: 'customer' } },
      { actor_email: emailOf(shop.admin), subject_email: emailOf(api), details: { from: 'customer', to: 'staff' } },
    ]);
    expect(await list({ user: `${crypto.randomUUID()}@example.com` })).toEqual({ data: [], next_cursor: null });
  });

  test('finds by type and address', async () => {
    const user = idOf(await person());
    expect(typesOf(await list({ user, type: 'user.registered' }))).toEqual(['user.registered']);
    expect((await list({ user, address: addressOfAdmin })).data).toHaveLength(2);
    expect((await list({ user, address: '198.19.1.2' })).data).toEqual([]);
  });

  test('goes page by page, and between two times', async () => {
    const user = idOf(await person());
    const { data: all } = await list({ user });
    const paged: SecurityEntry[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Page = await list({ user, limit: 1, cursor });
      paged.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all);
    const [last, , first] = all;
    const between = await list({ user, created_from: first?.created_at, created_to: last?.created_at });
    expect(between.data.map(({ id }) => id)).toContain(first?.id);
    expect(between.data.map(({ id }) => id)).not.toContain(last?.id);
  });

  test.each(['type=login', 'user=somebody', 'q=all', 'created_from=yesterday', 'cursor=x', 'address=', 'address=%00'])(
    'refuses %s',
    async (query) => {
      const { code } = await shop.admin.problem('GET', `${calls.listSecurityEvents.path}?${query}`);
      expect(code).toBe('validation_failed');
    },
  );
});

describe('what comes through Redis', () => {
  test('is written once, however often it comes, and what cannot be read stops nothing', async () => {
    const { redisHost, redisPort, prefix } = shop.system.territory;
    const redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, createLog('test', 'silent'));
    const stream = securityEventStream(prefix);
    const address = '198.19.1.3';
    const event = {
      ...{ id: crypto.randomUUID(), type: 'access.denied', created_at: new Date().toISOString(), address, count: 1 },
      ...{ actor_id: null, subject_id: null, user_agent: null, request_id: null, details: {} },
    };
    const unreadable = [
      { ...event, type: 'unheard.of' },
      { ...event, address: 'a\nb' },
      { ...event, address: '\ud800' },
      { ...event, id: crypto.randomUUID(), created_at: '0000-01-01T00:00:00.000Z' },
      { ...event, id: crypto.randomUUID(), created_at: `2026-01-01T00:00:00.${'0'.repeat(200)}Z` },
    ];
    const texts = ['{', ...[...unreadable, event, event].map((one) => JSON.stringify(one))];
    try {
      for (const text of texts) await redis.xadd(stream, '*', 'event', text);
      await vi.waitFor(async () => expect(await redis.xlen(stream)).toBe(0), { timeout: 20_000 });
    } finally {
      redis.disconnect();
    }
    expect((await list({ address })).data.map(({ id }) => id)).toEqual([event.id]);
  });
});

describe('the table', () => {
  test.each(['UPDATE security_events SET address = NULL', 'DELETE FROM security_events', 'TRUNCATE security_events'])(
    'refuses %s',
    async (statement) => {
      await expect(database.query(statement)).rejects.toThrow('security_events can only be added to');
    },
  );

  test('keeps a row as long as AUDIT_DAYS said when it was written, and no longer', async () => {
    const id = crypto.randomUUID();
    await database.query(
      `INSERT INTO security_events (id, type, created_at, count, details, keep_until)
       VALUES ($1, 'login.failed', now() - interval '2 days', 1, '{}', now() - interval '1 day')`,
      [id],
    );
    const address = '198.19.1.4';
    await shop.system.beside('users', { AUDIT_DAYS: '3' }, async (url) => {
      await vi.waitFor(
        async () => expect((await database.query('SELECT FROM security_events WHERE id = $1', [id])).rowCount).toBe(0),
        { timeout: 20_000 },
      );
      const body = { email: `${crypto.randomUUID()}@example.com`, password: 'not the password' };
      await new Api(url).send('POST', '/api/auth/login', { body, headers: { 'x-forwarded-for': address } });
      const keeping = `SELECT keep_until - created_at = interval '3 days' AS right FROM security_events WHERE address = $1`;
      await vi.waitFor(async () => expect((await database.query(keeping, [address])).rows).toEqual([{ right: true }]), {
        timeout: 20_000,
      });
    });
  });
});
