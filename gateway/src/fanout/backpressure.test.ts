import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { at, created, moved } from '../testing/redis-messages.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { openHub, inTime } from '../testing/hub.ts';
import type { Hub } from './hub.ts';

const mebi = 1024 * 1024;
let hub: Hub;
let slow: Recorder;
let good: Recorder;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(at) });
  hub = openHub(10_000);
  [slow, good] = [new Recorder('staff'), new Recorder('staff')];
  hub.join(slow, null);
  hub.join(good, null);
  slow.queued = mebi;
});

afterEach(() => {
  vi.useRealTimers();
});

const tick = () => vi.advanceTimersByTime(300);

describe('a client that reads too slowly', () => {
  test('gets the latest text of each order once it has caught up, and how many were left out', () => {
    hub.publish(moved(1, 1, 2, 'confirmed'));
    hub.publish(moved(2, 2, 2, 'confirmed'));
    tick();
    hub.publish(moved(3, 1, 3, 'preparing'));
    hub.publish(moved(4, 1, 4, 'shipped'));
    tick();
    expect(events(slow)).toEqual(['welcome 0']);
    slow.queued = 0;
    tick();
    expect(events(slow)).toEqual(['welcome 0', 'skipped 4', 'order_status_update 2', 'order_status_update 4']);
    expect(slow.messages[1]).toMatchObject({ data: { count: 2 } });
    hub.publish(moved(5, 1, 5, 'delivered'));
    tick();
    expect(events(slow).at(-1)).toBe('order_status_update 5');
    expect(slow.sent.at(-1)).toBe(good.sent.at(-1));
  });

  test('never misses a change into a final status', () => {
    hub.publish(moved(1, 1, 2, 'confirmed'));
    hub.publish(moved(2, 1, 3, 'cancelled'));
    hub.publish({ ...moved(3, 1, 4, 'cancelled'), event: 'order_updated' });
    hub.publish({ ...moved(4, 1, 5, 'cancelled'), event: 'order_updated' });
    tick();
    slow.queued = 0;
    tick();
    expect(events(slow).slice(1)).toEqual(['skipped 4', 'order_status_update 2', 'order_update 4']);
    expect(slow.messages[1]).toMatchObject({ data: { count: 2 } });
  });

  test('gets no heartbeat before what waits for it, and its pong after that', () => {
    hub.publish(created(1));
    hub.heartbeat(inTime);
    hub.pong(slow);
    expect(events(slow)).toEqual(['welcome 0']);
    slow.queued = 0;
    hub.heartbeat(inTime);
    expect(events(slow)).toEqual(['welcome 0', 'new_order 1', 'pong 1', 'heartbeat 1']);
  });

  test('is not answered either before it has read what it had', () => {
    for (let n = 0; n < 3; n += 1) hub.pong(slow);
    expect(events(slow)).toEqual(['welcome 0']);
    slow.queued = 0;
    tick();
    expect(events(slow)).toEqual(['welcome 0', 'pong 0']);
  });

  test('reads the snapshot instead of what waited for it at a resync, however it found itself behind', () => {
    hub.publish(created(1));
    tick();
    good.queued = mebi;
    hub.reset({ epoch: 'f', seq: 40 }, 'new_epoch');
    [slow.queued, good.queued] = [0, 0];
    tick();
    for (const client of [slow, good]) expect(events(client).at(-1)).toBe('resync 40');
    expect(events(slow)).toEqual(['welcome 0', 'resync 40']);
  });

  test('is let go when more waits for it than a snapshot’s worth, and the others never feel it', () => {
    const note = 'x'.repeat(200 * 1024);
    for (let n = 1; n <= 6; n += 1) {
      hub.publish(moved(n, n, 2, 'confirmed', note));
      tick();
    }
    expect([slow.closed, good.closed, hub.size]).toEqual(['slow', null, 1]);
    expect(events(slow)).toEqual(['welcome 0']);
    expect(good.messages).toHaveLength(7);
  });

  test('is let go after half a minute, even when nothing more happens', () => {
    hub.heartbeat(inTime);
    vi.advanceTimersByTime(29_000);
    expect(slow.closed).toBeNull();
    vi.advanceTimersByTime(2_000);
    expect([slow.closed, hub.size, vi.getTimerCount()]).toEqual(['slow', 1, 0]);
  });
});
