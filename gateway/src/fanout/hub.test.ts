import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hub } from './hub.ts';
import { at, created, ids, moved } from '../testing/redis-messages.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { inTime, openHub } from '../testing/hub.ts';

let hub: Hub;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(at) });
  hub = openHub();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('frames', () => {
  test('go out at once when it is quiet, and are shared by the events of a tick under load', () => {
    const client = new Recorder('staff');
    hub.join(client, null);
    vi.advanceTimersByTime(1_000);
    hub.publish(created(1));
    expect(events(client)).toEqual(['welcome 0', 'new_order 1']);
    hub.publish(created(2));
    hub.publish(created(3));
    expect(client.frames).toHaveLength(2);
    vi.advanceTimersByTime(15);
    expect(client.frames[2]?.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test('are built once and shared by all sockets of an audience', () => {
    const [one, two] = [new Recorder('staff'), new Recorder('staff')];
    hub.join(one, null);
    hub.join(two, null);
    vi.advanceTimersByTime(1_000);
    hub.publish(created(1));
    expect(one.sent[1]).toBe(two.sent[1]);
  });
});

describe('joining', () => {
  test('while the only other client of the audience is let go leads into the audience’s group', () => {
    const [slow, next] = [new Recorder('customer', ids.carla), new Recorder('customer', ids.carla)];
    hub.join(slow, null);
    vi.advanceTimersByTime(1_000);
    hub.publish(created(1));
    slow.queued = 10 * 1024 * 1024;
    for (let n = 0; n < 8; n += 1) hub.publish(moved(2 + n, n, 2, 'confirmed', 'x'.repeat(200_000)));
    hub.join(next, null);
    expect(slow.closed).toBe('slow');
    expect(hub.clients()).toEqual([next]);
    vi.advanceTimersByTime(1_000);
    hub.publish(created(10));
    expect(events(next)).toEqual(['welcome 9', 'new_order 10']);
    hub.leave(next);
    expect([hub.size, hub.connectionsOf(ids.carla)]).toEqual([0, 0]);
  });
});

describe('audiences', () => {
  test('a customer gets own orders only, and not who acted', () => {
    const [carla, noor, staff] = [
      new Recorder('customer', ids.carla),
      new Recorder('customer', ids.noor),
      new Recorder('staff'),
    ];
    for (const client of [carla, noor, staff]) hub.join(client, null);
    hub.publish(created(1, ids.carla));
    vi.advanceTimersByTime(20);
    expect(events(carla)).toEqual(['welcome 0', 'new_order 1']);
    expect(carla.messages[1]).not.toHaveProperty('actor');
    expect(events(noor)).toEqual(['welcome 0']);
    expect(staff.messages[1]).toHaveProperty('actor.name', 'Somebody');
  });

  test('replay is filtered in the same way', () => {
    for (const seq of [1, 2, 3]) hub.publish(created(seq, seq === 2 ? ids.noor : ids.carla));
    const noor = new Recorder('customer', ids.noor);
    hub.join(noor, { epoch: 'e', seq: 0 });
    expect(events(noor)).toEqual(['welcome 3', 'new_order 2']);
  });
});

test('a pong comes after everything that was published before it', () => {
  const client = new Recorder('staff');
  hub.join(client, null);
  hub.publish(created(1));
  hub.publish(created(2));
  hub.pong(client);
  expect(events(client)).toEqual(['welcome 0', 'new_order 1', 'new_order 2', 'pong 2']);
});

describe('joining', () => {
  test('between two ticks neither misses nor repeats an event', () => {
    const first = new Recorder('staff');
    hub.join(first, null);
    hub.publish(created(1));
    hub.publish(created(2));
    const second = new Recorder('staff');
    hub.join(second, { epoch: 'e', seq: 1 });
    hub.publish(created(3));
    vi.advanceTimersByTime(20);
    expect(events(second)).toEqual(['welcome 2', 'new_order 2', 'new_order 3']);
    expect(events(first)).toEqual(['welcome 0', 'new_order 1', 'new_order 2', 'new_order 3']);
  });

  test('with a place that cannot be reached says so, and why', () => {
    const strange = new Recorder('staff');
    hub.join(strange, { epoch: 'another', seq: 0 });
    expect(strange.messages).toMatchObject([
      { event: 'welcome', data: { recovered: false } },
      { event: 'resync', data: { reason: 'new_epoch' } },
    ]);
    const garbled = new Recorder('staff');
    hub.join(garbled, 'unreadable');
    expect(garbled.messages[1]).toMatchObject({ event: 'resync', data: { reason: 'unknown_position' } });
    const future = new Recorder('staff');
    hub.join(future, { epoch: 'e', seq: 9 });
    expect(future.messages[1]).toMatchObject({ event: 'resync', data: { reason: 'history_lost' } });
  });

  test('takes older events from the log where memory begins later', () => {
    hub.reset({ epoch: 'e', seq: 5 }, 'gap');
    hub.publish(created(6));
    const older = [3, 4, 5].map((seq) => ({
      seq,
      deliveries: [
        { to: 'team' as const, text: JSON.stringify({ event: 'pong', seq }), subject: 'none', terminal: false },
      ],
    }));
    const client = new Recorder('staff');
    hub.join(client, { epoch: 'e', seq: 2 }, older);
    expect(events(client)).toEqual(['welcome 6', 'pong 3', 'pong 4', 'pong 5', 'new_order 6']);
    expect(client.messages[0]).toMatchObject({ data: { recovered: true, source: 'log' } });
  });

  test('says where the missed events came from, and when the token ends', () => {
    hub.publish(created(1));
    const [back, fresh] = [new Recorder('staff'), new Recorder('staff')];
    hub.join(back, { epoch: 'e', seq: 0 });
    hub.join(fresh, null);
    expect(back.messages[0]).toMatchObject({ data: { recovered: true, source: 'memory' } });
    expect(fresh.messages[0]).toMatchObject({
      data: { recovered: false, source: null, expires_at: '2096-10-02T07:06:40.000Z' },
    });
  });

  test('is refused to a session that ended while its ticket was looked up', () => {
    const late = new Recorder('staff');
    const { id, session_id } = late.identity;
    hub.revoke([{ id, session_id, at: Date.now() }]);
    hub.join(late, null);
    expect([late.closed, late.frames, hub.size]).toEqual(['session_ended', [], 0]);
  });
});

test('counts the sockets of each user', () => {
  const [one, two] = [new Recorder('customer', ids.carla), new Recorder('customer', ids.carla)];
  hub.join(one, null);
  hub.join(two, null);
  expect([hub.connectionsOf(ids.carla), hub.connectionsOf(ids.noor)]).toEqual([2, 0]);
  hub.leave(one);
  hub.leave(two);
  expect(hub.connectionsOf(ids.carla)).toBe(0);
});

describe('when the stream breaks or a client does', () => {
  test('everybody is told to resync at a reset', () => {
    const [staff, carla] = [new Recorder('staff'), new Recorder('customer', ids.carla)];
    hub.join(staff, null);
    hub.join(carla, null);
    hub.reset({ epoch: 'f', seq: 40 }, 'new_epoch');
    for (const client of [staff, carla]) {
      const data = { position: 'f:40', reason: 'new_epoch', spread_ms: 0 };
      expect(client.messages[1]).toMatchObject({ event: 'resync', data });
    }
  });

  test.each([
    [60, 120],
    [4_000, 5_000],
  ])('%d clients are told to spread their snapshots over %d ms', (count, spread_ms) => {
    const clients = Array.from({ length: count }, () => new Recorder('staff'));
    for (const client of clients) hub.join(client, null);
    hub.reset({ epoch: 'f', seq: 40 }, 'new_epoch');
    expect(clients[0]?.messages[1]).toMatchObject({ event: 'resync', data: { spread_ms } });
  });

  test('a session that is revoked loses its sockets, the user’s others stay', () => {
    const [gone, stays] = [new Recorder('staff'), new Recorder('staff')];
    hub.join(gone, null);
    hub.join(stays, null);
    const { id, session_id } = gone.identity;
    const times = { committed: at, bridged: at };
    hub.publish({ event: 'session_revoked', seq: 1, epoch: 'e', times, data: { id, session_id } });
    expect([gone.closed, stays.closed]).toEqual(['session_ended', null]);
  });

  test('a client that missed more than a snapshot’s worth reads the snapshot', () => {
    hub = openHub(10_000);
    for (let seq = 1; seq <= 3_000; seq += 1) hub.publish(created(seq));
    const client = new Recorder('staff');
    hub.join(client, { epoch: 'e', seq: 0 });
    expect(events(client)).toEqual(['welcome 3000', 'resync 3000']);
    const other = new Recorder('customer', ids.noor);
    hub.join(other, { epoch: 'e', seq: 0 });
    expect(other.messages[0]).toMatchObject({ data: { recovered: true } });
  });

  test('a client that has left gets nothing more', () => {
    const client = new Recorder('staff');
    hub.join(client, null);
    hub.leave(client);
    hub.leave(client);
    expect(hub.size).toBe(0);
    hub.publish(created(1));
    vi.advanceTimersByTime(20);
    expect(events(client)).toEqual(['welcome 0']);
  });
});

describe('a heartbeat', () => {
  test('tells where the stream is, whether it is live, and how far each stage is behind', () => {
    const staff = new Recorder('staff');
    hub.join(staff, null);
    hub.publish(created(1));
    hub.heartbeat(inTime);
    expect(staff.messages.at(-1)).toEqual({
      event: 'heartbeat',
      seq: 1,
      data: { position: 'e:1', server_time: at, ...inTime },
    });
  });

  test('comes with the welcome as long as the last one was not live', () => {
    hub.heartbeat({ ...inTime, live: false, behind: 'bridge' });
    const [early, late] = [new Recorder('staff'), new Recorder('staff')];
    hub.join(early, null);
    hub.heartbeat(inTime);
    hub.join(late, null);
    expect(early.frames[0]?.map(({ event }) => event)).toEqual(['welcome', 'heartbeat']);
    expect(events(late)).toEqual(['welcome 0']);
  });
});
