import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from '../process/log.ts';
import { createApp } from './app.ts';
import { guard } from './policy.ts';
import { httpServer } from './server.ts';

const log = createLog('test', 'silent');
const stop = new AbortController();
let running: Promise<void>;
let port: number;

beforeAll(async () => {
  const app = createApp(log);
  app.post('/', guard('public'), async (c) => c.text(await c.req.text()));
  const limits = { keepAliveMs: 60_000, headersMs: 200, requestMs: 600, graceMs: 0 };
  port = await new Promise<number>((resolve) => {
    const task = httpServer(app, { host: '127.0.0.1', port: 0, log, ...limits }, (server) =>
      server.once('listening', () => resolve((server.address() as AddressInfo).port)),
    );
    running = task.run(stop.signal);
  });
});

afterAll(async () => {
  stop.abort();
  await running;
});

/** Sends this much of a request and no more; all that comes back until the server closes the connection. */
const sendPartOf = async (request: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  return text(socket);
};

test.each([
  ['nothing', ''],
  ['half of the headers', 'POST / HTTP/1.1\r\nhost: x\r\n'],
  ['half of the body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf'],
])('a caller that sends %s and then waits is answered 408, and the connection closed', async (_what, request) => {
  expect(await sendPartOf(request)).toMatch(/^HTTP\/1\.1 408 /);
});

test('between two requests a connection may rest for longer than a request may take', async () => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const ask = async (body: string): Promise<string> => {
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  };
  expect(await ask('first')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nfirst$/s);
  // A caller that comes later than this one and sends nothing is refused: so more than both limits are over.
  await sendPartOf('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf');
  expect(await ask('second')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nsecond$/s);
  socket.destroy();
});
