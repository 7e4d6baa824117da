import { createLog, type Log } from '@live-orders/runtime/process/log.ts';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import type { Hub } from '../fanout/hub.ts';
import { openHub } from '../testing/hub.ts';
import { Recorder } from '../testing/recorder.ts';
import { at } from '../testing/redis-messages.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Readings, StageFreshness } from './stage-freshness.ts';

const log = createLog('test', 'silent');
const outbox = { lag: { depth: 0, oldest_ms: 0, dead: 0 } };
const fine: Readings = {
  orders: outbox,
  users: outbox,
  ordersForClients: { lag: null },
  usersForClients: { lag: null },
  bridge: { lag: { records: 0, behind_ms: 0 } },
  redis: { lag: 1 },
};

let hub: Hub;
let subscriber: { live: boolean };
let freshness: StageFreshness;
let heartbeat: Heartbeat;
let client: Recorder;
let warn: MockInstance<Log['warn']>;
let info: MockInstance<Log['info']>;

/** Polls the stages, as the gateway does each second. */
const poll = (readings: Partial<Readings> = {}): void => {
  const asked = Date.now();
  freshness.take({ ...fine, ...readings }, { asked, ordersAnswered: asked, subscribed: subscriber.live });
  heartbeat.beatOnChange();
};

/** The stage that each heartbeat of the client named; null for a live stream. */
const told = () => client.messages.flatMap((message) => (message.event === 'heartbeat' ? [message.data.behind] : []));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(at) });
  warn = vi.spyOn(log, 'warn');
  info = vi.spyOn(log, 'info');
  hub = openHub();
  subscriber = { live: true };
  freshness = new StageFreshness();
  heartbeat = new Heartbeat({ hub, subscriber, freshness, log });
  client = new Recorder('staff');
  hub.join(client, null);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('clients are told how the stream is', () => {
  test('every 5 s, until the gateway stops', async () => {
    poll();
    const stop = new AbortController();
    const running = heartbeat.run(stop.signal);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(told()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told()).toEqual([null]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told()).toEqual([null, null]);
    stop.abort();
    await running;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('at once when it comes to be behind, is behind at another stage, or is live again; and not otherwise', () => {
    poll();
    poll({ bridge: { lag: { records: 9, behind_ms: 3_001 } } });
    poll({ bridge: { lag: { records: 9, behind_ms: 4_001 } } });
    expect(told()).toEqual(['bridge']);
    poll({ orders: { lag: { depth: 9, oldest_ms: 3_001, dead: 0 } } });
    poll();
    poll();
    expect(told()).toEqual(['bridge', 'orders', null]);
  });
});

describe('the log', () => {
  test('hears nothing of a stream that is not followed yet when the gateway starts, and of every change later', () => {
    subscriber.live = false;
    poll();
    vi.advanceTimersByTime(59_000);
    subscriber.live = true;
    poll();
    expect(told()).toEqual(['redis', null]);
    expect([warn.mock.calls, info.mock.calls]).toEqual([[], []]);
    subscriber.live = false;
    poll();
    expect(warn.mock.calls).toMatchObject([[{ behind: 'redis' }, 'the stream is behind; clients are told']]);
  });

  test('is warned of a stream that is not followed for a minute after the start, and hears of the end of that', () => {
    subscriber.live = false;
    poll();
    expect(warn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    poll();
    poll();
    expect(warn.mock.calls).toMatchObject([[{ behind: 'redis' }, 'the stream is behind; clients are told']]);
    subscriber.live = true;
    poll();
    expect(info.mock.calls).toMatchObject([[{ behind: null }, 'the stream is live again']]);
    expect(told()).toEqual(['redis', null]);
  });
});
