import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { health } from '@live-orders/contracts/rest/health.ts';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import type { Stack } from '@live-orders/local/servers/stack.ts';
import { startStack } from '@live-orders/test-support/system/stack.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { claimTerritory, startSystem, type System } from '@live-orders/test-support/system/system.ts';

let dataDir: string;
let stack: Stack;
let system: System;
let staff: Api;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'live-orders-faults-'));
  // Servers of its own: this test kills one. What it has committed must then be on the disk.
  stack = await startStack({ dataDir, durable: true });
  system = await startSystem(await claimTerritory(stack));
  staff = await new Api(system.gatewayUrl).login('staff@example.com');
});

afterAll(async () => {
  await system.stop();
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const unknownId = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';

/** A request of each kind that needs the database: reads, changes, in both services, with and without a transaction. */
const requests = (productId: string): [string, string, unknown?][] => [
  ['GET', '/orders/api/orders'],
  ['GET', `/orders/api/orders/${unknownId}`],
  ['GET', '/orders/api/products'],
  ['POST', '/orders/api/orders', { items: [{ product_id: productId, quantity: 1 }] }],
  ['PATCH', `/orders/api/orders/${unknownId}/status`, { status: 'confirmed' }],
  ['PATCH', `/orders/api/orders/${unknownId}`, { internal_note: 'x' }],
  ['POST', '/orders/api/orders/bulk-status', { orders: [{ id: unknownId }], status: 'confirmed' }],
  ['POST', '/users/api/auth/login', { email: 'staff@example.com', password: 'password123' }],
  ['POST', '/users/api/auth/register', { email: 'new@example.com', password: 'the password of a test', name: 'New' }],
  ['POST', '/users/api/auth/refresh', { refresh_token: staff.session?.refresh_token }],
  ['GET', '/users/api/users/profile'],
];

const ask = async (method: string, path: string, body?: unknown) => {
  const { status, headers, body: answer } = await staff.send(method, path, { body });
  return {
    path,
    status,
    answer,
    retryAfter: headers.get('retry-after'),
    type: headers.get('content-type'),
  };
};

const pids = (): (number | undefined)[] => [...system.parts.values()].map(({ pid }) => pid);

describe('without its database the system', () => {
  test('says so at once, lives on, and works again by itself once the database is back', async () => {
    const productId = (await staff.products())[0]?.id ?? '';
    const placed = await staff.placeOrder([{ product_id: productId, quantity: 1 }]);
    const before = pids();
    const socket = await Socket.open(staff);
    for (let round = 0; round < 2; round += 1) {
      // The first requests find connections that are just breaking, the later ones none at all.
      const breaking = requests(productId).map((request) => ask(...request));
      await stack.postgres.kill();
      const early = await Promise.all(breaking);
      expect(early.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);

      for (let tries = 0; tries < 3; tries += 1) {
        const answers = await Promise.all(requests(productId).map((request) => ask(...request)));
        // The gateway gives a service 15 s and then answers 504: none of these has hung.
        for (const answer of answers) {
          expect(answer).toMatchObject({
            status: 503,
            type: 'application/problem+json',
            answer: { code: 'unavailable', status: 503 },
            retryAfter: expect.stringMatching(/^[1-9]\d*$/) as string,
          });
        }
      }
      await stack.postgres.start();
      await vi.waitFor(async () => expect((await ask('GET', '/orders/api/orders')).status).toBe(200), {
        timeout: 20_000,
      });
      const [method, path, body] = requests(productId)[7] ?? ['', ''];
      await vi.waitFor(async () => expect((await ask(method, path, body)).status).toBe(200), { timeout: 20_000 });
    }
    expect(pids()).toEqual(before);
    await staff.move(placed.id, 'confirmed');
    await socket.next('order_status_update', ({ data }) => data.id === placed.id && data.status === 'confirmed');
    await socket.close();
    const strange = system.lines.filter((line) => /"level":60|uncaught|unhandled/i.test(line));
    expect(strange).toEqual([]);
  }, 120_000);
});

/** Says it to the server itself, for all its sessions; takes effect in a moment. */
const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
};

/** What users and orders say of their database. */
const databaseStates = async (): Promise<unknown[]> => {
  const read = async (name: PartName) => health.parse(await (await fetch(system.operationsUrl(name))).json());
  return (await Promise.all([read('users'), read('orders')])).map(({ dependencies }) => dependencies.postgres);
};

test('with a database that takes no changes the system says so, shows what there is, and works again by itself', async () => {
  const productId = (await staff.products())[0]?.id ?? '';
  const place = requests(productId)[3] ?? ['', ''];
  const logIn = requests(productId)[7] ?? ['', ''];
  const isReadOnly = async () => expect(await databaseStates()).toEqual(['read-only', 'read-only']);
  await administer('ALTER SYSTEM SET default_transaction_read_only = on');
  try {
    await vi.waitFor(isReadOnly, { timeout: 20_000 });
    for (const request of [place, logIn]) {
      expect(await ask(...request)).toMatchObject({
        status: 503,
        answer: { code: 'unavailable' },
        retryAfter: expect.stringMatching(/^[1-9]\d*$/) as string,
      });
    }
    expect((await ask('GET', '/orders/api/orders')).status).toBe(200);
  } finally {
    await administer('ALTER SYSTEM RESET default_transaction_read_only');
  }
  await vi.waitFor(async () => expect(await databaseStates()).toEqual(['up', 'up']), { timeout: 20_000 });
  for (const request of [place, logIn]) expect((await ask(...request)).status).toBeLessThan(300);
}, 60_000);
