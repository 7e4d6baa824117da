import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createLog } from '../process/log.ts';
import type { Identity } from './auth.ts';
import { SessionCheck } from './session-check.ts';

const user = {
  id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'staff' as const,
  created_at: '2026-03-14T09:26:53.589Z',
};
const identity: Identity = { ...user, session_id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a11', expires_at: 2e9 };

/** The users service, as far as it is asked here. */
let server: Server;
/** The questions that came, and how each is answered. */
let asked: (string | undefined)[];
let answer: (response: ServerResponse) => void;
/** In ms; the check sees no other clock. */
let time: number;
let check: SessionCheck;

const reply =
  (status: number, body: unknown = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const lives = reply(200, { valid: true, user });

beforeEach(async () => {
  asked = [];
  answer = lives;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  time = 1_000_000;
  check = new SessionCheck(`http://127.0.0.1:${port}`, createLog('test', 'silent'), () => time);
});

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await once(server.close(), 'close');
});

const userNow = (token = 't') => check.userNow(identity, token);
const ended = { code: 'unauthenticated' };

test('asks with the caller’s own token, once for all who call at the same time', async () => {
  expect(await Promise.all([userNow(), userNow(), userNow()])).toEqual([user, user, user]);
  expect(asked).toEqual(['GET /api/auth/verify Bearer t']);
  await userNow('other');
  expect(asked).toHaveLength(2);
});

test('an answer counts for less than a second, then a session that has ended is refused, and never asked for again', async () => {
  await userNow();
  answer = reply(401);
  time += 399;
  expect(await userNow()).toEqual(user);
  expect(asked).toHaveLength(1);
  time += 601;
  await expect(userNow()).rejects.toMatchObject(ended);
  time += 60_000;
  await expect(userNow()).rejects.toMatchObject(ended);
  expect(asked).toHaveLength(2);
});

test('a token that is refused says nothing of the session’s next one', async () => {
  answer = reply(401);
  await expect(userNow('old')).rejects.toMatchObject(ended);
  answer = lives;
  expect(await userNow('new')).toEqual(user);
});

test('a busy session does not wait: what it calls shortly before the second is over brings the next answer', async () => {
  await userNow();
  const waiting: ServerResponse[] = [];
  const held = new Promise<void>((resolve) => {
    answer = (response) => {
      waiting.push(response);
      resolve();
    };
  });
  time += 850;
  expect(await userNow()).toEqual(user);
  await held;
  expect(asked).toHaveLength(2);
  for (const response of waiting) reply(200, { valid: true, user: { ...user, role: 'customer' } })(response);
  // Whoever calls a second after the first answer waits for the second one, if it has not come yet.
  time += 150;
  expect(await userNow()).toMatchObject({ role: 'customer' });
  expect(asked).toHaveLength(2);
});

test('sessions that began at the same moment are not asked about at the same moment again', async () => {
  const tokens = Array.from({ length: 20 }, (_none, n) => `token ${n}`);
  await Promise.all(tokens.map((token) => userNow(token)));
  time += 600;
  await Promise.all(tokens.map((token) => userNow(token)));
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(20));
  expect(asked.length).toBeLessThan(40);
});

describe('while the users service cannot be asked', () => {
  test.each([
    ['answers with an error', () => void (answer = reply(503))],
    ['answers with something else', () => void (answer = reply(200, { valid: true }))],
    ['breaks the connection', () => void (answer = (response) => void response.destroy())],
    ['has gone', () => server.close().closeAllConnections()],
  ])('(it %s) the last answer counts for 30 s, and then nothing is known', async (_how, fail) => {
    await userNow();
    fail();
    time += 29_999;
    expect(await userNow()).toEqual(user);
    time += 1;
    expect(await userNow()).toBeNull();
    expect(await userNow('never seen')).toBeNull();
  });

  test('one call a second tries it, and the others do not wait for that', async () => {
    answer = reply(503);
    await userNow();
    expect(asked).toHaveLength(1);
    time += 999;
    await userNow('other');
    expect(asked).toHaveLength(1);
    time += 1;
    await Promise.all([userNow(), userNow('other')]);
    expect(asked).toHaveLength(2);
  });

  test('a session that has ended stays so', async () => {
    answer = reply(401);
    await expect(userNow()).rejects.toMatchObject(ended);
    answer = reply(503);
    await userNow('other');
    time += 60_000;
    await expect(userNow()).rejects.toMatchObject(ended);
  });

  test('all is known again as soon as it answers', async () => {
    answer = reply(503);
    expect(await userNow()).toBeNull();
    answer = lives;
    time += 1_000;
    expect(await userNow()).toEqual(user);
    expect(await userNow('other')).toEqual(user);
  });
});
