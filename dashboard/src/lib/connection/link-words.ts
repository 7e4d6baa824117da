import type { LiveState, Way } from '../live/state.ts';
import { formatClock, formatDelay, formatSpan } from '../ui/times.ts';

/** What the pill says: a word, and behind it what changes with time; for a phone, shorter ones. */
export interface PillWords {
  word: string;
  detail: string;
  short: string;
  shortDetail: string;
}

interface Given {
  state: LiveState;
  /** The clock of the client's states, in ms. */
  now: number;
  /** How long the latest changes took, in ms; null while there was none. */
  lag: number | null;
  /** Whether the browser says that there is no network. */
  isOffline: boolean;
  /** Whether the numbers of everybody's events are of interest. */
  stages: boolean;
  pollEvery: number;
}

/** To ten milliseconds: what is finer changes each second without saying anything. */
export const formatLag = (ms: number): string => formatDelay(ms < 1_000 ? Math.max(10, Math.round(ms / 10) * 10) : ms);

/** Whole seconds until `time`; 0 where that is past, or there is none. */
export const secondsUntil = (time: number | null, now: number): number =>
  time === null ? 0 : Math.max(0, Math.ceil((time - now) / 1000));

const words = (word: string, detail = '', short = word, shortDetail = ''): PillWords => ({
  word,
  detail,
  short,
  shortDetail,
});

/** Whether the page is cut off because its device is: as long as something still comes, the browser is wrong about that. */
export const isOffline = ({ phase }: LiveState, hasNetwork: boolean): boolean =>
  !hasNetwork && (phase === 'reconnecting' || phase === 'connecting');

export function describeLink({ state, now, lag, isOffline: offline, stages, pollEvery }: Given): PillWords {
  if (offline) return words('Offline');
  switch (state.phase) {
    case 'idle':
    case 'connecting':
      return words('Connecting…', '', 'Connecting');
    case 'live':
      return words('Live', lag === null ? '' : ` · ${formatLag(lag)}`, 'Live');
    case 'resyncing': {
      if (!stages || state.events === null) return words('Catching up…', '', 'Catching up');
      return words('Catching up', ` · ${state.events.toLocaleString('en')}`);
    }
    case 'stale': {
      const since = formatClock(state.since);
      return words('Stale', ` since ${since}`, 'Stale', ` ${since.slice(0, 5)}`);
    }
    case 'polling':
      return words('Polling', ` · every ${formatSpan(pollEvery)}`);
    case 'reconnecting': {
      const left = secondsUntil(state.retryAt, now);
      if (left === 0) return words('Reconnecting…', '', 'Retrying');
      return words('Reconnecting', ` · ${left} s`, 'Retry', ` ${left} s`);
    }
    case 'ended':
      return words('Disconnected', '', 'Ended');
  }
}

/** As wide as the widest of what the pill says; the digits of its font are all as wide as an 8. */
export const widest = {
  long: ['Stale since 88:88:88', 'Reconnecting · 88 s', 'Catching up · 88,888', 'Polling · every 5 s'],
  short: ['Stale 88:88', 'Catching up', 'Connecting'],
};

/** How a page is connected, in one line. */
export const describeWay = (way: Way | null, pollEvery: number): string => {
  const ways = {
    socket: 'WebSocket',
    events: 'Server-sent events',
    shared: 'Shared with another tab',
    polling: `Asking every ${formatSpan(pollEvery)}`,
  } as const;
  return way === null ? 'Not connected' : ways[way];
};

/** `12 s`, `1 min 12 s`, `2 h 5 min`: what is told once, and so to the second or the minute. */
const formatLength = (ms: number): string => {
  const rest = ms % (ms < 3_600_000 ? 60_000 : 3_600_000);
  const whole = formatSpan(ms);
  if (ms < 60_000 || ms >= 48 * 3_600_000) return whole;
  const small = formatSpan(rest);
  return small.startsWith('0 ') ? whole : `${whole} ${small}`;
};

/** What is said once changes come again after a while without: `Back after 1 min 12 s · 214 orders changed`. */
export const describeGap = ({ ms, orders }: { ms: number; orders: number }): string => {
  const changed = orders === 0 ? 'no order' : orders === 1 ? '1 order' : `${orders.toLocaleString('en')} orders`;
  return `Back after ${formatLength(ms)} · ${changed} changed`;
};
