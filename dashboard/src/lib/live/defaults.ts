import { EventStream } from '../transport/event-stream.ts';
import type { LiveClientOptions } from './state.ts';

/** The options of a client, with what a browser or Node gives where nothing else is given. */
export const withDefaults = (options: LiveClientOptions) => ({
  ...options,
  now: options.now ?? Date.now,
  random: options.random ?? Math.random,
  openSocket: options.openSocket ?? ((url: URL) => new WebSocket(url)),
  openEvents: options.openEvents === undefined ? (url: URL) => new EventStream(url) : options.openEvents,
  fallback: options.fallback ?? null,
  onWorks: options.onWorks ?? (() => undefined),
});
