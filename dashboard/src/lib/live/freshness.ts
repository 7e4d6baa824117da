import type { Stage } from '@live-orders/contracts/domain/stream-lag.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { LiveState } from './state.ts';

export type Heartbeat = Extract<ServerMessage, { event: 'heartbeat' }>['data'];

/**
 * How much faster than the server's our clock may run, as a share: quartz is off by up to 100 millionths. In a shift of ten
 * hours on one connection that would look like a heartbeat that is 3.6 s late.
 */
const drift = 0.000_2;

/** A heartbeat that comes so many ms late has waited on the way, and so has every change that was sent after it. */
const lateLimit = 2_000;

/**
 * How fresh the data of one connection are, by its heartbeats. The clocks of server and client may differ, so how late a
 * heartbeat is, is measured against the one that came fastest.
 */
export class LinkFreshness {
  /** Undefined while the stream is live; else the stage at which the last heartbeat said that changes wait, or null. */
  #lateAt: Stage | null | undefined;
  /** When everything that was committed had come, in ms of our clock. */
  #freshAt = 0;
  /** Our clock minus the server's time in a heartbeat, in ms: the least of all, which is that of the fastest. */
  #least = Infinity;
  /** When that was reckoned, in ms of our clock. */
  #reckonedAt = 0;

  /** Begins anew, for a new connection. `serverTime` is in RFC 3339, `now` in ms of our clock. */
  begin(serverTime: string, now: number): void {
    this.#lateAt = undefined;
    this.#freshAt = now;
    this.#least = now - Date.parse(serverTime);
    this.#reckonedAt = now;
  }

  /** Takes in a heartbeat that came at `now`; returns by how many ms it came later than the fastest. */
  hear({ live, behind = null, fresh_at, server_time }: Heartbeat, now: number): number {
    const difference = now - Date.parse(server_time);
    this.#least = Math.min(this.#least + (now - this.#reckonedAt) * drift, difference);
    this.#reckonedAt = now;
    const late = difference - this.#least;
    const wasLive = this.#lateAt === undefined;
    this.#lateAt = live && late <= lateLimit ? undefined : behind;
    // The gateway may notice late that a stage is behind (after two polls without an answer), and then names the earlier time.
    if (fresh_at) this.#freshAt = now - late - (Date.parse(server_time) - Date.parse(fresh_at));
    else if (wasLive) this.#freshAt = now - late;
    return late;
  }

  /** The client's state once it has applied everything that came: live, unless changes are known to wait on the way. */
  get state(): LiveState {
    return this.#lateAt === undefined ? { phase: 'live' } : this.stale;
  }

  /** The client's state when data may be old, although the last heartbeat did not say so. */
  get stale(): LiveState {
    return { phase: 'stale', since: this.#freshAt, behind: this.#lateAt ?? null };
  }
}
