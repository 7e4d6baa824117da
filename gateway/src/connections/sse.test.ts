import { connect } from 'node:net';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gateway, page, runningClock } from '../testing/gateway.ts';
import { created, ids, moved } from '../testing/redis-messages.ts';
import { inTime } from '../testing/hub.ts';

let gateway: Gateway;
let followers: AbortController;
const soon = { timeout: 20_000, interval: 20 };

beforeEach(async () => {
  gateway = await Gateway.open();
  followers = new AbortController();
});

afterEach(async () => {
  vi.useRealTimers();
  followers.abort();
  await gateway.close();
});

/** Opens a stream and keeps what comes; `ended` resolves at its end. */
const follow = async (path: string, headers: Record<string, string>) => {
  const answer = await fetch(`${gateway.url}${path}`, { headers, signal: followers.signal });
  const got = { answer, text: '', messages: [] as ServerMessage[], ended: Promise.resolve() };
  const read = async (): Promise<void> => {
    if (!answer.body) return;
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      got.text += text;
      const lines = got.text.split('\n').filter((line) => line.startsWith('data: '));
      if (got.text.endsWith('\n\n'))
        got.messages = lines.flatMap((line) => serverFrame.parse(JSON.parse(line.slice(6))));
    }
  };
  got.ended = read().catch(() => undefined);
  return got;
};

const heard = (got: { messages: ServerMessage[] }) => got.messages.map(({ event, seq }) => `${event} ${seq}`);
const idsOf = ({ text }: { text: string }) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);

describe('the stream as server-sent events', () => {
  test('holds nothing open for a HEAD', async () => {
    const { authorization } = gateway.admit();
    const answer = await fetch(`${gateway.url}/live/events`, { method: 'HEAD', headers: { authorization } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(gateway.hub.size).toBe(0);
  });

  test('is open so often to a user at most, also when all ask at once', async () => {
    const { authorization } = gateway.admit();
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(`GET /live/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${authorization}\r\n\r\n`.repeat(14));
    await vi.waitFor(() => expect(gateway.hub.size).toBeGreaterThanOrEqual(10), soon);
    // Asked after those 14, so it is answered when each of them has been let in or refused.
    expect((await fetch(`${gateway.url}/live/events`, { headers: { authorization } })).status).toBe(429);
    expect(gateway.hub.size).toBe(10);
    socket.destroy();
  });

  test('has the frames of the socket, and the position that each leads to', async () => {
    const { authorization } = gateway.admit();
    const got = await follow('/live/events', { authorization, origin: page });
    expect(got.answer.headers.get('content-type')).toBe('text/event-stream');
    expect(got.answer.headers.get('access-control-allow-origin')).toBe(page);
    await vi.waitFor(() => expect(heard(got)).toEqual(['welcome 0']), soon);
    for (const seq of [1, 2, 3]) gateway.hub.publish(created(seq));
    gateway.hub.heartbeat(inTime);
    await vi.waitFor(
      () => expect(heard(got).slice(1)).toEqual(['new_order 1', 'new_order 2', 'new_order 3', 'heartbeat 3']),
      soon,
    );
    expect(idsOf(got)[0]).toBe('e:0');
    expect(idsOf(got).at(-1)).toBe('e:3');
  });

  test('goes on at the last id, which wins over the address', async () => {
    for (const seq of [1, 2, 3]) gateway.hub.publish(created(seq));
    const { authorization } = gateway.admit();
    const got = await follow('/live/events?since=e:0', { authorization, 'last-event-id': 'e:2' });
    await vi.waitFor(() => expect(heard(got)).toEqual(['welcome 3', 'new_order 3']), soon);
    expect(got.messages[0]).toMatchObject({ data: { recovered: true, source: 'memory' } });
  });

  test('ends with a farewell that says why, without claiming what was not sent', async () => {
    const { authorization, identity } = gateway.admit();
    const got = await follow('/live/events', { authorization });
    await vi.waitFor(() => expect(gateway.hub.size).toBe(1), soon);
    gateway.hub.publish(created(1));
    gateway.hub.publish(created(2));
    gateway.hub.revoke([{ id: identity.id, session_id: identity.session_id, at: Date.now() }]);
    await got.ended;
    expect(got.messages.at(-1)).toMatchObject({
      event: 'bye',
      data: { code: 4002, reason: 'session_ended', reconnect: false },
    });
    expect(idsOf(got).at(-1)).toBe('e:1');
    expect(gateway.hub.size).toBe(0);
    expect(await gateway.metric('gateway_closes_total', 'reason="session_ended",')).toBe(1);
  });

  test('ends with its token', async () => {
    vi.useFakeTimers(runningClock);
    const { authorization } = gateway.admit(ids.noor, 900);
    const got = await follow('/live/events', { authorization });
    vi.advanceTimersByTime(900_000);
    await got.ended;
    expect(heard(got)).toEqual(['welcome 0', 'expiring 0', 'bye 0']);
    expect(got.messages[2]).toMatchObject({ data: { code: 4001, reconnect: true } });
  });

  test('counts among the connections of a user until it is left', async () => {
    const { authorization } = gateway.admit();
    await follow('/live/events', { authorization });
    await vi.waitFor(() => expect(gateway.hub.connectionsOf(ids.noor)).toBe(1), soon);
    followers.abort();
    await vi.waitFor(() => expect(gateway.hub.connectionsOf(ids.noor)).toBe(0), soon);
  });

  test.each([
    ['without a token', 401, () => ({})],
    ['to another origin', 403, () => ({ ...gateway.admit(), origin: 'https://evil.example' })],
    [
      'by a gateway that stops',
      503,
      () => {
        gateway.stopping = true;
        return gateway.admit();
      },
    ],
  ])('is refused %s', async (_what, status, headers) => {
    const { identity: _identity, ...given } = { identity: null, ...headers() };
    const { answer } = await follow('/live/events', given);
    expect(answer.status).toBe(status);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(status === 503 ? 503 : 204);
  });
});

test('a reader that stands still gets the latest state when it goes on, and never misses an end', async () => {
  const { authorization } = gateway.admit();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  socket.write(`GET /live/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${authorization}\r\n\r\n`);
  await vi.waitFor(() => expect(text).toContain('welcome'), soon);
  socket.pause();
  const note = 'x'.repeat(100_000);
  const statuses = ['confirmed', 'preparing', 'shipped', 'delivered'] as const;
  let seq = 0;
  // 24 MB: more than the kernel buffers for a reader that stands still.
  for (let round = 0; round < 60; round += 1) {
    for (const [step, status] of statuses.entries()) {
      gateway.hub.publish(moved((seq += 1), round % 3, 2 + step, status, status === 'delivered' ? '' : note));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  gateway.hub.heartbeat(inTime);
  const delivered = () => [...text.matchAll(/"status":"delivered"/g)].length;
  socket.resume();
  await vi.waitFor(() => expect(text).toContain('"event":"skipped"'), soon);
  gateway.hub.heartbeat(inTime);
  await vi.waitFor(() => expect(text).toContain('"event":"heartbeat"'), soon);
  expect(text.indexOf('"event":"heartbeat"')).toBeGreaterThan(text.indexOf('"event":"skipped"'));
  expect(delivered()).toBe(60);
  const count = Number(/"event":"skipped","seq":\d+,"data":\{"count":(\d+)\}/.exec(text)?.[1]);
  expect([...text.matchAll(/"event":"order_status_update"/g)].length + count).toBe(240);
  socket.destroy();
});
