import { describe, expect, test } from 'vitest';
import { type Readings, StageFreshness } from './stage-freshness.ts';

const fine: Readings = {
  orders: { lag: { depth: 2, oldest_ms: 40, dead: 0 } },
  users: { lag: { depth: 0, oldest_ms: 0, dead: 0 } },
  ordersForClients: { lag: null },
  usersForClients: { lag: null },
  bridge: { lag: { records: 1, behind_ms: 12 } },
  redis: { lag: 1 },
};
const outbox = (oldest_ms: number) => ({ lag: { depth: 7, oldest_ms, dead: 0 } });
const gateway = { backlog_bytes: 0, loop_ms: 0 };

/** The freshness after these polls, one a second from second 1 on; each is given by what differs from a fine one. */
const after = (...polls: (Partial<Readings> & { subscribed?: boolean })[]): StageFreshness => {
  const freshness = new StageFreshness();
  for (const [index, { subscribed = true, ...poll }] of polls.entries()) {
    const asked = (index + 1) * 1_000;
    freshness.take({ ...fine, ...poll }, { asked, ordersAnswered: asked + 10, subscribed });
  }
  return freshness;
};

describe('the stage that is behind', () => {
  test('is none when every stage is in time', () => {
    expect(after({}).behind(true)).toBeNull();
  });

  test('is unknown before the first poll, which is not live', () => {
    expect(new StageFreshness().behind(true)).not.toBeNull();
  });

  test.each([
    ['orders', 'orders whose oldest change waits for over 3 s', { orders: outbox(3_001) }],
    ['bridge', 'a bridge over 3 s behind', { bridge: { lag: { records: 9, behind_ms: 3_001 } } }],
    ['orders', 'the first of several', { orders: outbox(9_000), bridge: { lag: { records: 9, behind_ms: 9_000 } } }],
    [null, 'none while the wait is short', { orders: outbox(3_000) }],
    [null, 'none for users, whose changes are no changes of orders', { users: outbox(60_000) }],
  ])('is %s: %s', (stage, _why, poll) => {
    expect(after(poll).behind(true)).toBe(stage);
  });

  test.each([['orders'], ['bridge'], ['redis']] as const)(
    'is %s after two missed polls in a row, not after one',
    (name) => {
      const missed = { [name]: null };
      expect(after({}, missed).behind(true)).toBeNull();
      expect(after({}, missed, {}, missed).behind(true)).toBeNull();
      expect(after({}, missed, missed).behind(true)).toBe(name);
      expect(after({}, missed, missed, {}).behind(true)).toBeNull();
    },
  );

  test('is never users, even when they are away', () => {
    expect(after({}, { users: null }, { users: null }).behind(true)).toBeNull();
  });

  test('is redis when the gateway does not follow the stream, unless something before it explains that', () => {
    expect(after({}).behind(false)).toBe('redis');
    expect(after({}, { bridge: null }, { bridge: null }).behind(false)).toBe('bridge');
    expect(after({}, { bridge: null, redis: null }, { bridge: null, redis: null }).behind(false)).toBe('redis');
  });

  test('is not one that answers without figures, as older versions do', () => {
    expect(after({ orders: { lag: null }, bridge: { lag: null } }).behind(true)).toBeNull();
  });
});

const bridge = (behind_ms: number, records = 9) => ({ lag: { records, behind_ms } });

describe('what is known to have come', () => {
  test('is nothing before a poll of the bridge that proves an earlier one of the outbox', () => {
    expect(after({}).freshAt).toBeNull();
    expect(after({}, {}).freshAt).toBe(960);
    expect(after({}, {}, {}).freshAt).toBe(1_960);
  });

  test('is what the outbox had handed on by the time until which the bridge has carried everything', () => {
    expect(after({}, {}, {}, { bridge: bridge(1_500) }).freshAt).toBe(1_960);
    expect(after({}, { orders: outbox(900) }, { bridge: bridge(500) }).freshAt).toBe(1_100);
  });

  test('stands still while the bridge, Redis or the gateway’s own subscription is away, and never goes back', () => {
    const known = after({}, {}).freshAt;
    expect(after({}, {}, { bridge: null }).freshAt).toBe(known);
    expect(after({}, {}, { redis: null }).freshAt).toBe(known);
    expect(after({}, {}, { subscribed: false }).freshAt).toBe(known);
    expect(after({}, {}, { orders: outbox(30_000) }, {}).freshAt).toBe(1_960);
  });

  test('begins with the first answer about the outbox', () => {
    expect(after({ orders: null }, {}, {}).freshAt).toBe(1_960);
  });

  test('is soon enough when every poll waits for another stage, and the bridge is busy', () => {
    const freshness = new StageFreshness();
    for (let asked = 0; asked <= 25_000; asked += 2_500) {
      const poll = { asked, ordersAnswered: asked + 10, subscribed: true };
      freshness.take({ ...fine, users: null, bridge: bridge(1_100) }, poll);
      expect(freshness.behind(true)).toBeNull();
    }
  });

  test('makes the stream late when an outage is over before the bridge has heard of what waited', () => {
    const outage = Array.from({ length: 8 }, (_, second) => ({ orders: outbox(second * 1_000), bridge: bridge(0, 0) }));
    // The outbox is empty again, but the bridge measured its lag before what had waited reached Kafka.
    const recovering = after({}, {}, ...outage, { orders: outbox(0), bridge: bridge(300, 0) });
    expect(recovering.freshAt).toBe(3_000);
    expect(recovering.behind(true)).toBe('bridge');
    const recovered = after({}, {}, ...outage, { orders: outbox(0), bridge: bridge(300, 0) }, { bridge: bridge(300) });
    expect(recovered.behind(true)).toBeNull();
  });
});

describe('the figures', () => {
  test('are the last ones over a single missed poll, and null from the second on', () => {
    const missed = { orders: null, bridge: null, redis: null };
    expect(after({}, missed).lag(gateway)).toEqual({
      orders: { depth: 2, oldest_ms: 40 },
      users: { depth: 0, oldest_ms: 0 },
      bridge: { records: 1, behind_ms: 12 },
      redis_ms: 1,
      gateway,
    });
    expect(after({}, missed, missed).lag(gateway)).toMatchObject({ orders: null, bridge: null, redis_ms: null });
  });

  test('say who answers', () => {
    expect(after({}, { bridge: null }, { bridge: null }).answering).toEqual({
      users: 'up',
      orders: 'up',
      bridge: 'down',
    });
  });

  test.each([
    ['users', { usersForClients: null }],
    ['orders', { ordersForClients: null }],
  ])(
    'say that %s answers nobody, without making the stream late, when only the proxy gets no answer',
    (name, missed) => {
      const starved = after({}, missed, missed);
      expect(starved.answering).toEqual({ users: 'up', orders: 'up', bridge: 'up', [name]: 'down' });
      expect(starved.behind(true)).toBeNull();
      expect(starved.lag(gateway)).toEqual(after({}).lag(gateway));
    },
  );
});
