import { readFile } from 'node:fs/promises';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import pg from 'pg';
import { z } from 'zod';
import { type Recording, recording, replay } from './replay.ts';

/**
 * The floor below which no service on this HTTP server can be: reads each body, sends the statements of the orders service
 * by `pg` and answers what they gave, without tokens, validation or logs: `bare-server.ts <database url> <port> <recordings> <pool>`.
 */
const [url = '', port = '', file = '', connections = ''] = process.argv.slice(2);
const recordings = z
  .object({ create: z.array(recording), move: z.array(recording), list: z.array(recording) })
  .parse(JSON.parse(await readFile(file, 'utf8')));
const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
// `end` does not wait until its connections are closed: the server, which is stopped next, may end them with an error.
pool.on('error', () => undefined);

let requests = 0;
const answer = (all: Recording[], status: 200 | 201) => async (c: Context) => {
  if (c.req.method !== 'GET') await c.req.json();
  requests += 1;
  const one = all[requests % all.length];
  if (!one) throw new Error('nothing was recorded');
  return c.json({ data: await replay(pool, one, c.req.param('id') ?? null) }, status);
};

const app = new Hono()
  .get('/api', (c) => c.text('ready'))
  .post('/api/orders', answer(recordings.create, 201))
  .patch('/api/orders/:id/status', answer(recordings.move, 200))
  .get('/api/orders', answer(recordings.list, 200));
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) });
process.once('SIGTERM', () => {
  server.close();
  void pool.end();
});
