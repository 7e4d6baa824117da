import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Stage } from '@live-orders/contracts/domain/stream-lag.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import { heartbeatMs, type Hub, type StreamState } from '../fanout/hub.ts';
import type { StageFreshness } from './stage-freshness.ts';
import type { Subscriber } from './subscriber.ts';

/**
 * A gateway that starts may find its stages starting too, and the first of them far behind: until the stream has been live
 * once, but for so long at most, that is no news for the log.
 */
const startMs = 60_000;
/** The histogram of the event loop's delay counts its own interval as delay. */
const loopResolutionMs = 10;

interface HeartbeatOptions {
  hub: Hub;
  subscriber: Pick<Subscriber, 'live'>;
  freshness: StageFreshness;
  log: Log;
}

/**
 * Tells every client how the stream is: every 5 s, and at once when it comes to be behind, is behind at another stage than
 * before, or is live again.
 */
export class Heartbeat implements Task {
  readonly name = 'heartbeat';
  readonly #options: HeartbeatOptions;
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  /** The stage that was behind when clients were last told. */
  #told: Stage | null = null;
  /** The stage that was behind when the log was last told. */
  #logged: Stage | null = null;
  #startsUntil = performance.now() + startMs;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#loop.enable();
    const timer = setInterval(() => this.#beat(this.state()), heartbeatMs);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    clearInterval(timer);
    this.#loop.disable();
  }

  /** How the stream is at this moment, for the health page. */
  state(): StreamState {
    const { hub, subscriber, freshness } = this.#options;
    const behind = freshness.behind(subscriber.live);
    const loopMs = Math.max(0, Math.round(this.#loop.max / 1e6 - loopResolutionMs));
    const lag = freshness.lag({ backlog_bytes: hub.largestBacklog, loop_ms: loopMs });
    const fresh_at = freshness.freshAt === null ? null : new Date(freshness.freshAt).toISOString();
    return { live: behind === null, behind, lag, fresh_at };
  }

  /** Beats at once if clients were last told of another stage, or of none. Returns the stage that is behind now. */
  beatOnChange(): Stage | null {
    const state = this.state();
    this.#report(state);
    if (state.behind !== this.#told) this.#beat(state);
    return state.behind;
  }

  #beat(state: StreamState): void {
    this.#told = state.behind;
    this.#options.hub.heartbeat(state);
    // `loop_ms` is the longest delay since the heartbeat before.
    this.#loop.reset();
  }

  #report(state: StreamState): void {
    if (state.live) this.#startsUntil = 0;
    if (state.behind === this.#logged || performance.now() < this.#startsUntil) return;
    this.#logged = state.behind;
    if (state.behind) this.#options.log.warn(state, 'the stream is behind; clients are told');
    else this.#options.log.info(state, 'the stream is live again');
  }
}
