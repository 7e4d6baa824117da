import { describe, expect, test } from 'vitest';
import type { LiveState } from '../live/state.ts';
import { formatClock } from '../ui/times.ts';
import { describeGap, describeLink, describeWay, formatLag, isOffline, widest } from './link-words.ts';

const now = Date.parse('2026-03-14T09:26:53.000Z');
const given = { now, lag: null, isOffline: false, stages: true, pollEvery: 5_000 };
const pill = (state: LiveState, more: { lag?: number; isOffline?: boolean; stages?: boolean } = {}) => {
  const words = describeLink({ ...given, ...more, state });
  return [words.word + words.detail, words.short + words.shortDetail];
};
const since = now - 40_000;

describe('the pill', () => {
  test('says in each state what is known, and on a phone in short', () => {
    expect(pill({ phase: 'connecting' })).toEqual(['Connecting…', 'Connecting']);
    expect(pill({ phase: 'live' })).toEqual(['Live', 'Live']);
    expect(pill({ phase: 'live' }, { lag: 38 })).toEqual(['Live · 40 ms', 'Live']);
    expect(pill({ phase: 'resyncing', since, events: null })).toEqual(['Catching up…', 'Catching up']);
    expect(pill({ phase: 'resyncing', since, events: 1_234 })).toEqual(['Catching up · 1,234', 'Catching up']);
    const stale = formatClock(since);
    expect(pill({ phase: 'stale', since, behind: 'bridge' })).toEqual([
      `Stale since ${stale}`,
      `Stale ${stale.slice(0, 5)}`,
    ]);
    expect(pill({ phase: 'polling', since })).toEqual(['Polling · every 5 s', 'Polling']);
    expect(pill({ phase: 'reconnecting', since, attempt: 4, retryAt: now + 7_100 })).toEqual([
      'Reconnecting · 8 s',
      'Retry 8 s',
    ]);
    expect(pill({ phase: 'reconnecting', since, attempt: 4, retryAt: null })).toEqual(['Reconnecting…', 'Retrying']);
    expect(pill({ phase: 'ended', reason: 'refused' })).toEqual(['Disconnected', 'Ended']);
  });

  test('tells a customer no number of everybody’s events', () => {
    expect(pill({ phase: 'resyncing', since, events: 1_234 }, { stages: false })[0]).toBe('Catching up…');
  });

  test('is offline where there is no network, but not as long as something still comes', () => {
    const lost: LiveState = { phase: 'reconnecting', since, attempt: 1, retryAt: now + 3_000 };
    expect([isOffline(lost, false), isOffline(lost, true), isOffline({ phase: 'live' }, false)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(pill(lost, { isOffline: true })).toEqual(['Offline', 'Offline']);
  });

  test('has room for what it says', () => {
    const states: LiveState[] = [
      { phase: 'stale', since, behind: null },
      { phase: 'reconnecting', since, attempt: 9, retryAt: now + 29_900 },
      { phase: 'resyncing', since, events: 54_321 },
      { phase: 'polling', since },
    ];
    const digits = (words = '') => words.replace(/\d/g, '8');
    const rooms = widest.long.map(digits);
    for (const state of states) expect(rooms).toContain(digits(pill(state)[0]));
  });
});

test('a lag is told to ten milliseconds, and from a second on to a tenth', () => {
  expect([0, 4, 38, 994, 996, 1_240, 12_300].map(formatLag)).toEqual([
    '10 ms',
    '10 ms',
    '40 ms',
    '990 ms',
    '1.0 s',
    '1.2 s',
    '12 s',
  ]);
});

test('how a page is connected is one line', () => {
  expect([...(['socket', 'events', 'shared', 'polling'] as const), null].map((way) => describeWay(way, 5_000))).toEqual(
    ['WebSocket', 'Server-sent events', 'Shared with another tab', 'Asking every 5 s', 'Not connected'],
  );
});

test('a gap is told by its length and by how many orders changed', () => {
  expect(describeGap({ ms: 72_400, orders: 214 })).toBe('Back after 1 min 12 s · 214 orders changed');
  expect(describeGap({ ms: 8_999, orders: 1 })).toBe('Back after 8 s · 1 order changed');
  expect(describeGap({ ms: 120_300, orders: 0 })).toBe('Back after 2 min · no order changed');
  expect(describeGap({ ms: 2 * 3_600_000 + 5 * 60_000, orders: 1_500 })).toBe(
    'Back after 2 h 5 min · 1,500 orders changed',
  );
});
