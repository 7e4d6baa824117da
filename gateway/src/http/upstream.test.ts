import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { errors } from 'undici';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { fillQueue, holds, take } from '../testing/upstream.ts';
import { QueueFullError, Upstream, type UpstreamRequest } from './upstream.ts';

let service: Server;
let connections: Upstream['requests'];
let held: AbortController;
const heard: (string | undefined)[] = [];

beforeEach(async () => {
  heard.length = 0;
  service = createServer((request, response) => {
    heard.push(request.url);
    if (!holds(request, response)) response.end('answered');
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = z.object({ port: z.int() }).parse(service.address());
  connections = new Upstream('things', `http://127.0.0.1:${port}`).requests;
  held = new AbortController();
});

afterEach(async () => {
  held.abort();
  service.closeAllConnections();
  await once(service.close(), 'close');
});

const get = (path: string): UpstreamRequest => ({ method: 'GET', path });
const ask = async (request: UpstreamRequest, signal = new AbortController().signal): Promise<string> =>
  (await connections.ask(request, signal)).body.text();

const unusable: [what: string, UpstreamRequest][] = [
  ['path', get('3/api')],
  ['method', { method: 'A B', path: '/api' }],
  ['header', { ...get('/api'), headers: { odd: '\n' } }],
  ['expectation', { ...get('/api'), headers: { expect: 'x' } }],
];

test('nobody listens for the end of a request that is answered, or Node would keep it for ever', async () => {
  const signal = AbortSignal.any([new AbortController().signal]);
  expect(await ask(get('/api'), signal)).toBe('answered');
  // undici takes its own away once the answer is closed.
  await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]));
});

describe('a request that cannot be sent', () => {
  // Nothing was asked before, so no connection is open. That is the state in which it did harm: the end of a connection
  // would have brought the pool back.
  test.each(unusable)(
    'for its %s is refused, and takes no connection away, however often it comes',
    async (_, request) => {
      for (let count = 0; count < 130; count += 1) await expect(ask(request)).rejects.toThrow(errors.UndiciError);
      expect(await ask(get('/api'))).toBe('answered');
    },
  );

  test('takes no connection away either when it has waited for one', async () => {
    await take(connections, held.signal, 127);
    const last = new AbortController();
    await take(connections, last.signal, 1);
    const waited = Promise.allSettled([...unusable.map(([, request]) => ask(request)), ask(get('/api'))]);
    last.abort();
    expect((await waited).map(({ status }) => status)).toEqual([...unusable.map(() => 'rejected'), 'fulfilled']);
  });
});

describe('a wait for a free connection', () => {
  test('ends with the signal, also one that was aborted before, and the service never hears of it', async () => {
    await take(connections, held.signal);
    const leaving = new AbortController();
    const waiting = ask(get('/api/left'), leaving.signal);
    leaving.abort(new Error('the client has left'));
    await expect(waiting).rejects.toThrow('the client has left');
    await expect(ask(get('/api/left'), leaving.signal)).rejects.toThrow('the client has left');
    held.abort();
    expect(await ask(get('/api'))).toBe('answered');
    expect(heard).not.toContain('/api/left');
  });

  test('is refused to those who come when 1,000 wait already, and open again afterwards', async () => {
    await take(connections, held.signal);
    const waiting = fillQueue(connections, new AbortController().signal);
    await expect(ask(get('/api/refused'))).rejects.toThrow(QueueFullError);
    held.abort();
    await waiting;
    expect(await ask(get('/api'))).toBe('answered');
    expect(heard).not.toContain('/api/refused');
  });
});
