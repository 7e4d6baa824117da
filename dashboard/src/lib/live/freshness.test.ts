import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { change, setUp } from '../testing/live-client.ts';
import { LinkFreshness } from './freshness.ts';

const time = '2026-03-14T09:26:53.589Z';
let begun: number;
/** Sent now, by a server's clock that runs as ours does. */
const beat = (live: boolean, behind: string | null) => ({
  event: 'heartbeat',
  seq: 0,
  data: { position: 'e:10', server_time: serverTime(Date.now() - begun), live, behind },
});
const serverTime = (ms: number) => new Date(Date.parse(time) + ms).toISOString();

beforeEach(() => {
  vi.useFakeTimers();
  begun = Date.now();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a heartbeat that is not live makes the client stale, names the stage, and keeps since when', async () => {
  const { client, goLive, socket } = setUp();
  await goLive();
  const since = Date.now();
  socket().say(beat(false, 'bridge'));
  expect(client.state).toEqual({ phase: 'stale', since, behind: 'bridge' });
  await vi.advanceTimersByTimeAsync(5_000);
  socket().say(beat(false, 'orders'));
  expect(client.state).toEqual({ phase: 'stale', since, behind: 'orders' });
  socket().say(beat(true, null));
  expect(client.state).toEqual({ phase: 'live' });
  client.stop();
});

test('a stale client shows data as of when everything was last known to have come, not of when it was told', async () => {
  const { client, goLive, socket } = setUp();
  await goLive();
  const fresh_at = new Date(Date.parse(time) - 7_000).toISOString();
  const late = beat(false, 'bridge');
  socket().say({ ...late, data: { ...late.data, fresh_at } });
  expect(client.state).toMatchObject({ phase: 'stale', since: Date.now() - 7_000 });
  client.stop();
});

test('a client that hears nothing for longer than between two heartbeats is stale since then, until the next one', async () => {
  const { client, goLive, socket, sockets } = setUp();
  await goLive();
  const since = Date.now();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(client.state).toEqual({ phase: 'live' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(client.state).toEqual({ phase: 'stale', since, behind: null });
  socket().say(beat(true, null));
  expect(client.state).toEqual({ phase: 'live' });
  expect(sockets).toHaveLength(1);
  client.stop();
});

test('changes without a heartbeat do not make it live: they may have waited on a slow link', async () => {
  const { client, goLive, socket } = setUp();
  await goLive();
  const since = Date.now();
  for (let n = 1; n <= 8; n += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    socket().say(change(10 + n, n, 1));
  }
  expect(client.state).toEqual({ phase: 'stale', since, behind: null });
  client.stop();
});

test('a client is stale while heartbeats come late, and comes back on another link when they do not catch up', async () => {
  const { client, goLive, socket, sockets } = setUp();
  await goLive();
  /** A beat that the server sent so long after the welcome. */
  const beatOf = (ms: number) => {
    const sent = beat(true, null);
    return { ...sent, data: { ...sent.data, server_time: serverTime(ms), fresh_at: serverTime(ms) } };
  };
  await vi.advanceTimersByTimeAsync(5_000);
  socket().say(beatOf(4_500));
  expect(client.state).toEqual({ phase: 'live' });
  await vi.advanceTimersByTimeAsync(5_000);
  socket().say(beatOf(6_500));
  // Each 5 s let our clock be 1 ms ahead.
  expect(client.state).toEqual({ phase: 'stale', since: begun + 6_502, behind: null });
  await vi.advanceTimersByTimeAsync(5_000);
  socket().say(beatOf(14_000));
  expect(client.state).toEqual({ phase: 'live' });
  await vi.advanceTimersByTimeAsync(11_500);
  socket().say(beatOf(14_100));
  await vi.advanceTimersByTimeAsync(1);
  expect(sockets).toHaveLength(2);
  client.stop();
});

test('a client that connects while the stream is behind is stale once it has its snapshot, never live before', async () => {
  const { client, states, settle, answer, socket } = setUp();
  client.start();
  await settle();
  socket().welcome('e:10');
  socket().say(beat(false, 'bridge'));
  await answer();
  expect(client.state).toMatchObject({ phase: 'stale', behind: 'bridge' });
  expect(states).not.toContain('live');
  client.stop();
});

test('a whole shift on one connection is live, although our clock runs faster than the server’s', () => {
  const freshness = new LinkFreshness();
  const ourTime = (ms: number) => Date.parse(time) + ms * 1.0001;
  freshness.begin(time, ourTime(0));
  for (let ms = 5_000; ms <= 12 * 3_600_000; ms += 5_000) {
    const data = { position: 'e:10', server_time: serverTime(ms), live: true, behind: null };
    freshness.hear(data, ourTime(ms));
    expect(freshness.state).toEqual({ phase: 'live' });
  }
});
