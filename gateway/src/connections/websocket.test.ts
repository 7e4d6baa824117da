import { once } from 'node:events';
import { IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { closeCodes } from '@live-orders/contracts/socket/close-codes.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { Gateway, runningClock } from '../testing/gateway.ts';
import { created, ids, moved } from '../testing/redis-messages.ts';

let gateway: Gateway;
const open: WebSocket[] = [];
const soon = { timeout: 20_000, interval: 20 };

beforeEach(async () => {
  gateway = await Gateway.open();
});

afterEach(async () => {
  vi.useRealTimers();
  for (const socket of open.splice(0)) socket.terminate();
  await gateway.close();
});

const bearer = () => ({ authorization: gateway.admit().authorization });

const enter = async (headers: { authorization: string }) => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws`, {
    headers: { authorization: headers.authorization },
  });
  open.push(socket);
  const messages: ServerMessage[] = [];
  socket.on('message', (data: Buffer) => messages.push(...serverFrame.parse(JSON.parse(data.toString()))));
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
  });
  await vi.waitFor(() => expect(messages).toHaveLength(1), soon);
  const say = (message: object) => socket.send(JSON.stringify(message));
  const heard = (): string[] => messages.map(({ event }) => event);
  return { socket, messages, closed, say, heard };
};

describe('a connection is renewed', () => {
  test('with a newer token of the same user, and outlives the one that it began with', async () => {
    vi.useFakeTimers(runningClock);
    const { messages, say, heard, socket } = await enter(gateway.admit(ids.noor, 900));
    const next = gateway.admit(ids.noor, 1800);
    say({ event: 'renew', token: next.authorization.slice('Bearer '.length) });
    await vi.waitFor(() => expect(heard()).toContain('renewed'), soon);
    const expires_at = new Date(next.identity.expires_at * 1000).toISOString();
    expect(messages.at(-1)).toMatchObject({ event: 'renewed', data: { expires_at } });
    vi.advanceTimersByTime(900_000);
    gateway.hub.publish(created(1));
    await vi.waitFor(() => expect(heard()).toContain('new_order'), soon);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test('by nobody else, nor with a token that nobody knows', async () => {
    const [one, other] = await Promise.all([enter(gateway.admit(ids.noor)), enter(gateway.admit(ids.noor))]);
    one.say({ event: 'renew', token: gateway.admit(ids.carla).authorization.slice('Bearer '.length) });
    other.say({ event: 'renew', token: 'nonsense' });
    expect(await Promise.all([one.closed, other.closed])).toEqual(['4002 session_ended', '4001 token_expired']);
  });

  test('or else closed at the end of its token', async () => {
    vi.useFakeTimers(runningClock);
    const { closed, heard } = await enter(gateway.admit(ids.noor, 900));
    vi.advanceTimersByTime(900_000);
    expect(await closed).toBe('4001 token_expired');
    expect(heard()).toEqual(['welcome', 'expiring']);
  });
});

test('a socket that stands still gets the latest state when it goes on, and the others never feel it', async () => {
  const [slow, good] = await Promise.all([enter(gateway.admit()), enter(gateway.admit())]);
  slow.socket.pause();
  const note = 'x'.repeat(100_000);
  for (let seq = 1; seq <= 240; seq += 1) {
    gateway.hub.publish(moved(seq, seq % 3, seq, 'confirmed', note));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await vi.waitFor(() => expect(good.messages).toHaveLength(241), soon);
  expect(await gateway.metric('gateway_clients_behind')).toBe(1);
  slow.socket.resume();
  await vi.waitFor(() => expect(slow.heard()).toContain('skipped'), soon);
  const skipped = slow.messages.find(({ event }) => event === 'skipped');
  const count = skipped?.event === 'skipped' ? skipped.data.count : NaN;
  await vi.waitFor(() => expect(slow.messages).toHaveLength(242 - count), soon);
  expect(slow.messages.slice(-3)).toEqual(good.messages.slice(-3));
  expect(await gateway.metric('gateway_clients_behind')).toBe(0);
  expect(await gateway.metric('gateway_events_skipped_total')).toBe(count);
});

describe('a client that floods its socket', () => {
  test.each([
    ['pings', (socket: WebSocket) => socket.ping()],
    ['pongs', (socket: WebSocket) => socket.pong()],
    ['messages', (socket: WebSocket) => socket.send('{"event":"ping"}')],
    ['parts of a message', (socket: WebSocket) => socket.send('', { fin: false })],
  ])('with %s is closed, is not answered on and on, and the others never feel it', async (_what, send) => {
    const [flooder, good] = await Promise.all([enter(gateway.admit()), enter(gateway.admit())]);
    let answers = 0;
    flooder.socket.on('pong', () => (answers += 1));
    for (let n = 0; n < 5_000; n += 1) send(flooder.socket);
    expect(await flooder.closed).toMatch(/^1008/);
    expect(answers).toBeLessThanOrEqual(150);
    expect(await closes('too_many_frames')).toBe(1);
    good.say({ event: 'ping' });
    await vi.waitFor(() => expect(good.heard()).toContain('pong'), soon);
    expect(gateway.hub.size).toBe(1);
  });

  test('is let be with as many as a busy one may send at once', async () => {
    const { socket, say, heard } = await enter(gateway.admit());
    let answers = 0;
    socket.on('pong', () => (answers += 1));
    for (let n = 0; n < 90; n += 1) socket.ping();
    await vi.waitFor(() => expect(answers).toBe(90), soon);
    say({ event: 'ping' });
    await vi.waitFor(() => expect(heard()).toContain('pong'), soon);
  });
});

const closes = (reason: string) => gateway.metric('gateway_closes_total', `reason="${reason}",`);

test('whoever leaves by itself is not counted as closed, whatever it leaves with', async () => {
  for (const code of [1000, 4001]) {
    const { socket, closed } = await enter(gateway.admit());
    socket.close(code);
    await closed;
  }
  await vi.waitFor(() => expect(gateway.hub.size).toBe(0), soon);
  expect(await Promise.all(Object.keys(closeCodes).map(closes))).toEqual(Object.keys(closeCodes).map(() => 0));
});

describe('a socket is closed with a code and its word', () => {
  test.each([
    ['what is no message', '1007 unreadable', JSON.stringify({ event: 'order' })],
    ['what is no JSON', '1007 unreadable', '{'],
    ['bytes', '1007 unreadable', Buffer.from(JSON.stringify({ event: 'ping' }))],
    // ws closes the socket by itself, before the gateway hears of the frame, so the reason is empty.
    ['too much', '1009 ', JSON.stringify({ event: 'ping', more: 'x'.repeat(9_000) })],
  ])('at %s', async (_what, end, frame) => {
    const { socket, closed } = await enter(gateway.admit());
    socket.send(frame);
    expect(await closed).toBe(end);
    expect(await closes(end === '1009 ' ? 'too_big' : 'unreadable')).toBe(1);
  });

  test('and is no client from then on, whatever it still says', async () => {
    const { socket, closed, heard } = await enter(gateway.admit());
    socket.send('{');
    for (let n = 0; n < 100; n += 1) socket.send(JSON.stringify({ event: 'ping' }));
    await vi.waitFor(() => expect(gateway.hub.size).toBe(0), soon);
    gateway.hub.publish(created(1));
    expect(await closed).toBe('1007 unreadable');
    expect(heard()).toEqual(['welcome']);
    expect(await closes('unreadable')).toBe(1);
  });
});

test.each([
  ['/ready', 204],
  ['/live/events', 401],
  ['/ws', 401],
])('a request that asks for another protocol is answered without it: %s %i', async (path, status) => {
  const asked = request(`${gateway.url}${path}`, {
    headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAA' },
  }).end();
  const [answer] = z.tuple([z.instanceof(IncomingMessage)]).parse(await once(asked, 'response'));
  answer.resume();
  expect([answer.statusCode, answer.headers.upgrade]).toEqual([status, undefined]);
});

test('an upgrade may ask for subprotocols, however badly, and gets none', async () => {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'a,,a', ...bearer() },
  };
  const asked = request(`${gateway.url}/ws`, { headers }).end();
  const [answer, socket] = z
    .tuple([z.instanceof(IncomingMessage), z.instanceof(Duplex), z.unknown()])
    .parse(await once(asked, 'upgrade'));
  expect([answer.statusCode, answer.headers['sec-websocket-protocol']]).toEqual([101, undefined]);
  socket.destroy();
});

/** Asks for an upgrade that is refused; the answer to it. */
const refusal = async (headers: Record<string, string>) => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws`, { headers });
  open.push(socket);
  socket.on('error', () => undefined);
  const answer = await new Promise<IncomingMessage>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response));
  });
  return { status: answer.statusCode, headers: answer.headers, body: await json(answer) };
};

describe('an upgrade is refused with a problem that says why', () => {
  test.each([
    [401, 'unauthenticated', () => ({})],
    [403, 'forbidden', () => ({ ...bearer(), origin: 'https://evil.example' })],
    [
      503,
      'unavailable',
      () => {
        gateway.stopping = true;
        return bearer();
      },
    ],
  ])('%i %s', async (status, code, headers) => {
    const refused = await refusal(headers());
    expect(refused).toMatchObject({ status, body: { status, code } });
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
  });

  test.each([
    ['of another version', 'GET', { 'sec-websocket-version': '12' }],
    ['without a key', 'GET', { 'sec-websocket-key': '' }],
    ['by another method', 'POST', {}],
    ['in a request that does not say that its connection is to be upgraded', 'GET', { connection: 'close' }],
  ])('400 malformed_request %s, with a good token', async (_what, method, headers) => {
    const handshake = {
      ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...bearer(), ...headers },
    };
    const asked = request(`${gateway.url}/ws`, { method, headers: handshake }).end();
    const [answer] = z.tuple([z.instanceof(IncomingMessage)]).parse(await once(asked, 'response'));
    expect({ status: answer.statusCode, body: await json(answer) }).toMatchObject({
      status: 400,
      body: { code: 'malformed_request' },
    });
    // The client keeps the connection open, so it is the gateway that closes it.
    await once(answer.socket, 'close');
  });

  test('429 too_many_requests', async () => {
    for (let n = 0; n < 10; n += 1) await enter(gateway.admit());
    expect(await refusal(bearer())).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  });

  test('and those who are in stay', async () => {
    const stays = await enter(gateway.admit());
    gateway.stopping = true;
    expect(await refusal(bearer())).toMatchObject({ status: 503 });
    gateway.hub.publish(created(1));
    await vi.waitFor(() => expect(stays.heard()).toContain('new_order'), soon);
  });
});
