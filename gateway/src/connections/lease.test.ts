import type { Identity } from '@live-orders/runtime/http/auth.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { at, ids } from '../testing/redis-messages.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { openHub } from '../testing/hub.ts';
import type { Hub } from '../fanout/hub.ts';
import { Lease } from './lease.ts';

const log = createLog('test', 'silent');
const start = Date.parse(at);
let hub: Hub;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  hub = openHub();
});

afterEach(() => {
  vi.useRealTimers();
});

const enter = (seconds: number): { client: Recorder; lease: Lease } => {
  const client = new Recorder('staff');
  client.identity.expires_at = start / 1000 + seconds;
  hub.join(client, null);
  return { client, lease: new Lease(client, hub) };
};

/** An admission to which every ticket and token is this user's. */
const knows = (identity: Identity | null) => ({ identify: () => Promise.resolve(identity) });

describe('a lease', () => {
  test.each([
    [900, 840],
    [100, 80],
  ])('of %d s is warned of after %d s, and ends', (seconds, warned) => {
    const { client } = enter(seconds);
    vi.advanceTimersByTime(warned * 1000 - 1);
    expect(events(client)).toEqual(['welcome 0']);
    vi.advanceTimersByTime(1);
    const expires_at = new Date(start + seconds * 1000).toISOString();
    expect(client.messages[1]).toEqual({ event: 'expiring', seq: 0, data: { expires_at } });
    vi.advanceTimersByTime((seconds - warned) * 1000 - 1);
    expect(client.closed).toBeNull();
    vi.advanceTimersByTime(1);
    expect(client.closed).toBe('token_expired');
  });

  test('goes on with a newer token of the same user', async () => {
    const { client, lease } = enter(900);
    vi.advanceTimersByTime(850_000);
    const next = { ...client.identity, expires_at: start / 1000 + 1_750 };
    await lease.renew({ token: 'next' }, knows(next), log);
    expect(client.messages.at(-1)).toMatchObject({
      event: 'renewed',
      data: { expires_at: new Date(start + 1_750_000).toISOString() },
    });
    vi.advanceTimersByTime(800_000);
    expect(client.closed).toBeNull();
    vi.advanceTimersByTime(100_000);
    expect(client.closed).toBe('token_expired');
  });

  test('is never shortened: an older token changes nothing, and its sender is told what holds', async () => {
    const { client, lease } = enter(900);
    const older = { ...client.identity, expires_at: start / 1000 + 300 };
    await lease.renew({ token: 'older' }, knows(older), log);
    expect(client.messages.at(-1)).toMatchObject({
      event: 'renewed',
      data: { expires_at: new Date(start + 900_000).toISOString() },
    });
    vi.advanceTimersByTime(839_999);
    expect(events(client)).toEqual(['welcome 0', 'renewed 0']);
    vi.advanceTimersByTime(60_000);
    expect(client.closed).toBeNull();
    vi.advanceTimersByTime(1);
    expect(client.closed).toBe('token_expired');
  });

  test('ends at a ticket of somebody else, of another role, or of nobody', async () => {
    for (const [changed, reason] of [
      [{ id: ids.carla }, 'session_ended'],
      [{ role: 'admin' as const }, 'session_ended'],
      [null, 'token_expired'],
    ] as const) {
      const { client, lease } = enter(900);
      await lease.renew({ ticket: 'next' }, knows(changed && { ...client.identity, ...changed }), log);
      expect(client.closed).toBe(reason);
      lease.end();
    }
  });

  test('ends at a bad token, but stays as it was while tokens cannot be checked', async () => {
    const fails = (error: Error) => ({ identify: () => Promise.reject(error) });
    const { client, lease } = enter(900);
    await lease.renew({ token: 'next' }, fails(new ProblemError('unavailable', 'no keys')), log);
    expect(client.closed).toBeNull();
    await lease.renew({ token: 'next' }, fails(new ProblemError('unauthenticated', 'bad')), log);
    expect(client.closed).toBe('token_expired');
    lease.end();
  });

  test('leaves nothing behind when its client leaves, not even while it is renewed', async () => {
    const { client, lease } = enter(900);
    const renewal = lease.renew({ token: 'next' }, knows(client.identity), log);
    lease.end();
    hub.leave(client);
    await renewal;
    expect(vi.getTimerCount()).toBe(0);
  });
});
