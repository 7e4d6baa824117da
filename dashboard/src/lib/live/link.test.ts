import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { change, order, setUp } from '../testing/live-client.ts';
import { SessionEndedError } from './state.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LiveLink, asked to renew or to move', () => {
  it('renews a connection whose token is about to expire', async () => {
    const { socket, sockets, goLive, url, settle } = setUp();
    await goLive();
    url.mockRejectedValueOnce(new Error('502')).mockResolvedValueOnce('ws://gateway/ws?ticket=next');
    socket().say({ event: 'expiring', seq: 10, data: { expires_at: '2026-03-14T09:26:53.589Z' } });
    await settle();
    expect(socket().sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(socket().sent).toEqual(['{"event":"renew","ticket":"next"}']);
    expect(sockets).toHaveLength(1);
  });

  it('ends when there is no session to renew with', async () => {
    const { client, socket, goLive, url, settle } = setUp();
    await goLive();
    url.mockRejectedValueOnce(new SessionEndedError());
    socket().say({ event: 'expiring', seq: 10, data: { expires_at: '2026-03-14T09:26:53.589Z' } });
    await settle();
    expect(client.state).toEqual({ phase: 'ended', reason: 'session_ended' });
  });

  it('moves when it is told to, listening until then', async () => {
    const { socket, sockets, goLive, snapshots } = setUp();
    await goLive('e:10', order(1, 1));
    const old = socket();
    old.say({ event: 'move', seq: 10, data: { after_ms: 700 } });
    await vi.advanceTimersByTimeAsync(699);
    old.say(change(11, 1, 2, 'confirmed'));
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(old.closed).toBe(true);
    expect(socket().url.searchParams.get('since')).toBe('e:11');
    socket().welcome('e:11', true);
    expect(snapshots).toHaveLength(1);
  });

  it('comes back at once when it is closed after it was told to move', async () => {
    const { socket, sockets, goLive } = setUp();
    await goLive();
    socket().say({ event: 'move', seq: 10, data: { after_ms: 5000 } });
    socket().hangUp(1012);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets).toHaveLength(2);
  });
});

describe('LiveLink, where WebSockets are blocked', () => {
  const refused = async ({ socket, sockets }: Pick<ReturnType<typeof setUp>, 'socket' | 'sockets'>) => {
    const before = sockets.length;
    socket().hangUp(1006);
    while (sockets.length === before) await vi.advanceTimersByTimeAsync(250);
  };
  const protocols = (sockets: ReturnType<typeof setUp>['sockets']) => sockets.map(({ url }) => url.protocol);

  it('falls back to server-sent events after two refusals, and tries a WebSocket again later', async () => {
    const given = setUp();
    const { client, sockets, socket, settle, answer } = given;
    client.start();
    await settle();
    await refused(given);
    await refused(given);
    expect(protocols(sockets)).toEqual(['ws:', 'ws:', 'http:']);
    expect(socket().url.href).toBe('http://gateway/live/events?ticket=t');
    socket().welcome('e:10');
    await answer(order(1, 1));
    socket().say({ event: 'bye', seq: 10, data: { code: 4001, reason: 'token_expired', reconnect: true } });
    await vi.advanceTimersByTimeAsync(1);
    expect(socket().url.href).toBe('http://gateway/live/events?ticket=t&since=e%3A10');
    for (let minute = 0; minute < 31; minute += 1) {
      socket().welcome('e:10', true);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    await refused(given);
    expect(protocols(sockets).slice(3)).toEqual(['http:', 'ws:']);
    await refused(given);
    expect(protocols(sockets).at(-1)).toBe('http:');
    client.stop();
  });

  it('stays with WebSockets where the gateway itself was away', async () => {
    const given = setUp();
    given.client.start();
    await given.settle();
    for (let count = 0; count < 4; count += 1) await refused(given);
    expect(protocols(given.sockets)).toEqual(['ws:', 'ws:', 'http:', 'ws:', 'ws:']);
    given.client.stop();
  });

  it('ends at a farewell that says so', async () => {
    const { client, socket, goLive } = setUp();
    await goLive();
    socket().say({ event: 'bye', seq: 10, data: { code: 4002, reason: 'session_ended', reconnect: false } });
    expect(client.state).toEqual({ phase: 'ended', reason: 'session_ended' });
  });
});
