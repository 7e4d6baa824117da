import { Api } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect } from 'vitest';
import { type Operation, readOperations } from '../fuzz/operations.ts';

/** What rows and tokens have, or what a program might ask an object for. */
const names = [
  ...['id', 'number', 'version', 'status', 'role', 'active', 'email', 'password', 'password_hash', 'session_epoch'],
  ...[
    'customer_id',
    'customer_name',
    'assigned_to',
    'assigned_name',
    'total_amount',
    'currency',
    'price',
    'unit_price',
  ],
  ...['stock', 'reserved', 'archived_at', 'items', 'created_at', 'updated_at', 'due_at', 'sub', 'sid', 'actor'],
  ...['isAdmin', 'admin', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '$where'],
];
const values = ['1', '"admin"', 'true', 'null', '{"role":"admin"}'];

let shop: Shop;
let operations: Operation[];

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  const { body } = await shop.anybody.send('GET', '/docs/openapi.json');
  operations = readOperations(body).filter(({ body: wanted }) => wanted !== null);
});

/** The good body with one member more, in each object of it that has no such member: as text, for `__proto__` can be sent so only. */
const withMember = ({ body, members }: Operation, name: string, value: string): string[] => {
  const good = body ?? '';
  const isKnown = (start: number): boolean =>
    start === 0 ? members.has(name) : good.slice(start, good.indexOf('}', start)).includes(`"${name}":`);
  const starts = [...good.matchAll(/\{/g)].map(({ index }) => index).filter((start) => !isKnown(start));
  return starts.map((start) => `${good.slice(0, start)}{${JSON.stringify(name)}:${value},${good.slice(start + 1)}`);
};

/** Through the gateway and at the service itself, as an administrator; what was not refused for the member. */
const send = async ({ id, method, path, part }: Operation, body: string): Promise<string[]> => {
  const target = path.replace('{id}', crypto.randomUUID());
  const ways: [url: string, path: string][] = [[shop.system.gatewayUrl, target]];
  if (part !== 'gateway') ways.push([`http://127.0.0.1:${shop.system.part(part).port}`, target.slice(part.length + 1)]);
  // Taking a move back asks for it, and would refuse the call for that.
  const headers = { 'if-match': '*' };
  const answers = await Promise.all(
    ways.map(([url, at]) => new Api(url, shop.admin.session).send(method, at, { body, headers })),
  );
  return answers
    .filter((answer) => answer.status !== 422 || !JSON.stringify(answer.body).includes('is not a known field'))
    .map(({ status }) => `${id} answers ${status} to ${body}`);
};

test('a member that a call does not know is refused by each that takes a body', async () => {
  expect(operations.length).toBeGreaterThan(10);
  const bodies = operations.flatMap((operation) =>
    names.flatMap((name, index) =>
      withMember(operation, name, values[index % values.length] ?? '').map((body) => ({ operation, body })),
    ),
  );
  const taken: string[] = [];
  for (const { operation, body } of bodies) taken.push(...(await send(operation, body)));
  expect(taken).toEqual([]);
});

test('a parameter that a list does not know is refused', async () => {
  const { body } = await shop.anybody.send('GET', '/docs/openapi.json');
  const lists = readOperations(body).filter((one) => one.parameters.some(({ name }) => name === 'limit'));
  expect(lists.length).toBeGreaterThan(3);
  for (const { path } of lists)
    for (const name of ['owner', 'user_id', 'role[]', '__proto__', 'constructor', 'limit[$gt]', 'LIMIT']) {
      const target = path.replace('{id}', crypto.randomUUID());
      const refused = await shop.admin.problem('GET', `${target}?${encodeURIComponent(name)}=1`);
      expect(refused).toMatchObject({ status: 422, code: 'validation_failed' });
    }
});
