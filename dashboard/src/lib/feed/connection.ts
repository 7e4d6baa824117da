import type { LiveClientOptions } from '../live/state.ts';
import { EventStream } from '../transport/event-stream.ts';
import { SharedStream } from '../transport/shared-stream.ts';
import { fallback } from '../transport/transport-choice.ts';
import { keep, readKept } from '../ui/kept.ts';
import { steadyNow } from '../ui/steady-clock.ts';

/** Milliseconds between two snapshots where nothing leads to the stream. */
export const pollEvery = 5_000;

/** Of all users of this browser: what lies between it and the gateway does not depend on who is logged in. */
const fallbackName = 'live-fallback';

/**
 * How all tabs of a user share one connection for server-sent events; null where they cannot: a browser has no locks on
 * plain http, except on localhost. There a stream for each tab would soon leave no connection for anything else.
 */
const sharedBy = (userId: string): LiveClientOptions['openEvents'] => {
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') return null;
  const name = `live-events:${userId}`;
  return (url) =>
    new SharedStream(url, {
      lock: (options, hold) => navigator.locks.request(name, options, hold),
      openChannel: () => new BroadcastChannel(name),
      openStream: (address) => new EventStream(address),
      now: steadyNow,
      random: Math.random,
    });
};

/** How the pages of a user connect, where what works best does not: as the last one had to. */
export const connectionOf = (userId: string) => ({
  openEvents: sharedBy(userId),
  pollEvery,
  fallback: readKept('localStorage', fallbackName, fallback),
  onWorks: (works: unknown) => keep('localStorage', fallbackName, works),
});
