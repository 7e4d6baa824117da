import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { requestContext, requestIds } from '../process/request-context.ts';
import { createApp } from './app.ts';

let lines: Record<string, unknown>[];
let app: ReturnType<typeof createApp>;

beforeEach(() => {
  lines = [];
  const out = new PassThrough();
  out.on('data', (text: Buffer) => {
    for (const line of text.toString().trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  const log = pino({ level: 'info', mixin: requestIds }, out);
  app = createApp(log);
  app.get('/things/:id', (c) => {
    log.info('at work');
    return c.text(requestContext.getStore()?.traceparent ?? '');
  });
  app.get('/fails', () => {
    throw new Error('on purpose');
  });
  app.get('/metrics', (c) => c.text(''));
});

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('a request', () => {
  test('has a line with its route, and every line for it has its id and its trace', async () => {
    const headers = { traceparent, 'x-request-id': 'asked-by-a-test' };
    const answer = await app.request('http://localhost/things/7?ticket=secret', { headers });
    const ids = { request_id: 'asked-by-a-test', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' };
    expect(lines).toMatchObject([
      { msg: 'at work', ...ids },
      { msg: 'request', method: 'GET', route: '/things/:id', status: 200, ...ids },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
    const passedOn = await answer.text();
    expect(passedOn).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-01$/);
    expect(passedOn).not.toBe(traceparent);
  });

  test.each([
    undefined,
    'nonsense',
    `ff${traceparent.slice(2)}`,
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  ])('begins a trace where the caller names none: %s', async (given) => {
    const answer = await app.request('http://localhost/things/7', given ? { headers: { traceparent: given } } : {});
    const [, traceId = ''] = /^00-([\da-f]{32})-[\da-f]{16}-01$/.exec(await answer.text()) ?? [];
    expect(traceId).not.toBe('');
    expect(given ?? '').not.toContain(traceId);
    expect(lines.map((line) => line.trace_id)).toEqual([traceId, traceId]);
  });

  test('that fails, or leads nowhere, has a line with the status that was answered', async () => {
    await app.request('http://localhost/fails');
    await app.request('http://localhost/nowhere?q=secret');
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests).toMatchObject([{ status: 500 }, { status: 404 }]);
    expect(JSON.stringify(requests)).not.toContain('secret');
  });

  test('has the route that answered, or would have, whatever else takes its path', async () => {
    app.get('/things/:id/parts', (c) => c.text('known'));
    app.get('/things/:id/:part', (c) => c.text('any'));
    app.post('/things', (c) => c.text('made'));
    // As the gateway passes on to the dashboard what is not its own.
    app.on(['GET', 'POST'], '*', (c) => c.text('a page'));
    const answers = [
      await app.request('http://localhost/things/7'),
      await app.request('http://localhost/things/7/parts'),
      await app.request('http://localhost/things', { method: 'POST', headers: { 'content-encoding': 'gzip' } }),
      await app.request('http://localhost/elsewhere'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 415, 200]);
    const routes = lines.filter(({ msg }) => msg === 'request').map(({ route }) => route);
    expect(routes).toEqual(['/things/:id', '/things/:id/parts', '/things', '/*']);
  });

  test('of a monitor is told at debug only', async () => {
    await app.request('http://localhost/metrics');
    expect(lines).toEqual([]);
  });
});
