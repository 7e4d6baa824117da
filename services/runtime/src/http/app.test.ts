import { createRoute, z } from '@hono/zod-openapi';
import { givenTime } from '@live-orders/contracts/domain/fields.ts';
import { expect, test } from 'vitest';
import { createLog } from '../process/log.ts';
import { createApp } from './app.ts';
import { guard } from './policy.ts';

const app = createApp(createLog('test', 'silent'));
app.get('/plain', guard('public'), (c) => c.json({ n: 1 }));
app.get('/versioned', guard('public'), (c) => c.json({ n: 1 }, 200, { etag: '"1"' }));
app.get('/public', guard('public'), (c) => c.json({ n: 1 }, 200, { 'cache-control': 'public, max-age=300' }));
app.get('/fails', guard('public'), (c) => {
  throw Object.assign(new Error('the database complains'), { code: c.req.query('state') });
});

test.each([
  ['/plain', 'no-store'],
  ['/versioned', 'private, no-cache'],
  ['/public', 'public, max-age=300'],
  ['/nowhere', 'no-store'],
  ['/fails', 'no-store'],
])('the answer to %s is to be kept as %s', async (path, expected) => {
  expect((await app.request(path)).headers.get('cache-control')).toBe(expected);
});

test.each([
  ['22008', 422, 'validation_failed'],
  ['22P02', 422, 'validation_failed'],
  ['25006', 503, 'unavailable'],
  ['42P01', 500, 'internal_error'],
])('SQLSTATE %s answers %i %s', async (state, status, code) => {
  const answer = await app.request(`/fails?state=${state}`);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ status, code });
});

test('an address that is not there is not repeated: through the gateway it was another one', async () => {
  const answer = await app.request('/api/nowhere');
  expect(await answer.json()).toMatchObject({ status: 404, detail: 'There is nothing at this address for GET.' });
});

const body = z.strictObject({
  name: z.string().min(1).max(5),
  count: z.int().min(1).max(9),
  ratio: z.number().positive(),
  tags: z.array(z.string()).min(1).max(1),
  kind: z.enum(['red', 'blue']),
  id: z.uuid(),
  email: z.email(),
  at: z.iso.datetime(),
  due: givenTime,
});
const good = {
  ...{ name: 'Ada', count: 1, ratio: 1, tags: ['a'], kind: 'red', id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10' },
  ...{ email: 'ada@example.com', at: '2026-03-14T09:26:53Z', due: '2026-03-14T09:26:53Z' },
};
app.openapi(
  createRoute({
    method: 'post',
    path: '/fields',
    middleware: guard('public'),
    request: { body: { content: { 'application/json': { schema: body } } } },
    responses: { 204: { description: 'All fields fit' } },
  }),
  (c) => c.body(null, 204),
);

test.each([
  [{ name: undefined }, 'is missing'],
  [{ name: 7 }, 'must be a text'],
  [{ name: '' }, 'must not be empty'],
  [{ name: 'Adelaide' }, 'must have at most 5 characters'],
  [{ count: 'many' }, 'must be a number'],
  [{ count: 1.5 }, 'must be a whole number'],
  [{ count: 0 }, 'must be at least 1'],
  [{ count: 10 }, 'must be at most 9'],
  [{ ratio: 0 }, 'must be more than 0'],
  [{ tags: 'a' }, 'must be a list'],
  [{ tags: ['a', 'b'] }, 'must have at most 1 item'],
  [{ kind: 'green' }, 'must be one of red, blue'],
  [{ kind: undefined }, 'is missing'],
  [{ id: '7' }, 'must be a UUID, such as 01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
  [{ email: 'ada' }, 'must be an e-mail address, such as ada@example.com'],
  [{ at: 'today' }, 'must be an RFC 3339 time in UTC, such as 2026-03-14T09:26:53Z'],
  [{ due: 'today' }, 'must be an RFC 3339 time with its offset, such as 2026-03-14T09:26:53Z'],
  [{ colour: 'red' }, 'is not a known field'],
])('a body with %j is told what is wrong with that field', async (wrong, message) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await app.request('/fields', { method: 'POST', headers, body: JSON.stringify({ ...good, ...wrong }) });
  expect(await answer.json()).toMatchObject({ status: 422, errors: [{ path: Object.keys(wrong)[0], message }] });
});
