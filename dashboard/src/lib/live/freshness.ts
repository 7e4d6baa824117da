import type { Stage } from '@live-orders/contracts/domain/stream-lag.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { LiveState } from './state.ts';

export type Heartbeat = Extract<ServerMessage, { event: 'heartbeat' }>['data'];

/** Heartbeats that come so many ms late have waited on the way, and so have the changes behind them. */
const lateLimit = 2_000;

/**
 * Until when everything has come, by the heartbeats of one connection. Clocks may differ: how late one comes is told by
 * comparing it with the one that came fastest.
 */
export class Freshness {
  /** The stage that the last heartbeat named, null when it named none; undefined while the stream is live. */
  #lateAt: Stage | null | undefined;
  #freshAt = 0;
  /** The least difference between our clock and the server's, in ms. */
  #least = Infinity;

  /** A connection begins. `serverTime` is RFC 3339, `now` ms of our clock. */
  begin(serverTime: string, now: number): void {
    this.#lateAt = undefined;
    this.#freshAt = now;
    this.#least = now - Date.parse(serverTime);
  }

  /** Milliseconds by which the heartbeat came later than the fastest. */
  hear({ live, behind = null, fresh_at, server_time }: Heartbeat, now: number): number {
    const difference = now - Date.parse(server_time);
    this.#least = Math.min(this.#least, difference);
    const late = difference - this.#least;
    const wasLive = this.#lateAt === undefined;
    this.#lateAt = live && late <= lateLimit ? undefined : behind;
    // What is shown may be older than the news of it: two polls without an answer came before.
    if (fresh_at) this.#freshAt = now - late - (Date.parse(server_time) - Date.parse(fresh_at));
    else if (wasLive) this.#freshAt = now - late;
    return late;
  }

  /** With everything applied that has come: live, unless more is on its way. */
  get state(): LiveState {
    return this.#lateAt === undefined ? { phase: 'live' } : this.stale;
  }

  /** Data may be old, although the last heartbeat did not say so. */
  get stale(): LiveState {
    return { phase: 'stale', since: this.#freshAt, behind: this.#lateAt ?? null };
  }
}
