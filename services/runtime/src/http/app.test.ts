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
