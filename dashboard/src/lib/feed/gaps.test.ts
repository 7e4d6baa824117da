import { expect, test } from 'vitest';
import type { OrderChange } from '../live/state.ts';
import { makeOrder } from '../testing/orders.ts';
import { Gaps } from './gaps.ts';

const applied = (id: string, via: 'event' | 'snapshot' | 'rest' = 'event'): OrderChange => ({
  kind: 'applied',
  via,
  order: makeOrder({ id }),
  previous: undefined,
});
const live = { phase: 'live' } as const;
const lost = (since: number) => ({ phase: 'reconnecting', since, attempt: 1, retryAt: null }) as const;

test('a gap counts each order once that has changed until the client is live, in the frame that makes it live as well', () => {
  const gaps = new Gaps();
  gaps.add([applied('before')]);
  gaps.follow(lost(1_000), 8_000);
  gaps.add([applied('a'), applied('a', 'snapshot'), applied('mine', 'rest')]);
  expect(gaps.take()).toBeNull();
  gaps.follow({ phase: 'resyncing', since: 1_000, events: 3 }, 60_000);
  gaps.follow(live, 73_000);
  gaps.add([
    applied('b'),
    { kind: 'removed', order: makeOrder({ id: 'done', status: 'shipped' }) },
    { kind: 'removed', order: makeOrder({ id: 'old', status: 'delivered' }) },
  ]);
  expect(gaps.take()).toEqual({ ms: 72_000, orders: 3 });
  gaps.add([applied('after')]);
  expect(gaps.take()).toBeNull();
});

test('a gap that was short is not worth a word, nor is the time before the first connection', () => {
  const gaps = new Gaps();
  gaps.follow({ phase: 'connecting' }, 0);
  gaps.follow(live, 20_000);
  expect(gaps.take()).toBeNull();
  gaps.follow(lost(30_000), 30_000);
  gaps.add([applied('a')]);
  gaps.follow(live, 34_999);
  expect(gaps.take()).toBeNull();
  gaps.follow(lost(40_000), 40_000);
  gaps.follow({ phase: 'polling', since: 44_000 }, 45_000);
  expect(gaps.take()).toEqual({ ms: 5_000, orders: 0 });
});

test('a gap that goes on before it was told is one', () => {
  const gaps = new Gaps();
  gaps.follow({ phase: 'stale', since: 0, behind: 'bridge' }, 4_000);
  gaps.add([applied('a')]);
  gaps.follow(live, 6_000);
  gaps.follow(lost(6_000), 6_001);
  expect(gaps.take()).toBeNull();
  gaps.follow(live, 9_000);
  expect(gaps.take()).toEqual({ ms: 9_000, orders: 1 });
});
