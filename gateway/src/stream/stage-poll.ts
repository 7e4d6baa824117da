import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { bridgeHealth, serviceHealth } from '@live-orders/contracts/rest/health.ts';
import type { Lag, Stage, StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Part } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { Freshness, type Reading } from './stage-freshness.ts';

/** With `lateMs`, a client hears within 4 s of a change that does not come. */
const pollMs = 1_000;
/** While a stage is late: so that it is told at once when it no longer is. */
const soonMs = 500;
const answerMs = 1_500;
/** A gateway that starts may find its stages starting too. */
const startMs = 5_000;
/** The histogram counts its own interval as delay. */
const loopResolutionMs = 10;

/** Of another version a stage may say less. */
const tolerant = { service: serviceHealth.partial({ outbox: true }), bridge: bridgeHealth.partial({ lag: true }) };

/** Null as well for a bridge that has started and does not know yet how far behind it is. */
const lagOfBridge = ({ lag }: z.infer<typeof tolerant.bridge>): Lag | null | undefined =>
  lag && (lag.behind_ms === null ? null : { records: lag.records, behind_ms: lag.behind_ms });

export interface StagePollPlan {
  usersUrl: string;
  ordersUrl: string;
  bridgeUrl: string;
  redis: Redis;
  /** Bytes that the slowest client has yet to take. */
  largestBacklog: () => number;
  /** Whether the gateway itself follows the stream. */
  subscribed: () => boolean;
  /** The stream came to be behind, at another stage, or live again. */
  onChange: () => void;
  log: Log;
}

/** What a heartbeat and the health page say of the stream. */
export interface StreamState {
  live: boolean;
  behind: Stage | null;
  lag: StreamLag;
  /** What was committed until then (RFC 3339) is known to have come; null as long as nothing is known. */
  fresh_at: string | null;
}

/** Asks every stage of the stream how far behind it is, all at once and each within 1.5 s. */
export class StagePoll implements Part {
  readonly name = 'stage poll';
  readonly freshness = new Freshness();
  readonly #plan: StagePollPlan;
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  #behind: Stage | null = null;
  #logged: Stage | null = null;
  /** Until then a stage that has not answered yet is no news for the log. */
  #startsUntil = 0;

  constructor(plan: StagePollPlan) {
    this.#plan = plan;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#loop.enable();
    this.#startsUntil = performance.now() + startMs;
    while (!signal.aborted) {
      await this.#poll();
      this.#compare();
      await pause(this.#behind === null ? pollMs : soonMs, signal);
    }
    this.#loop.disable();
  }

  /** As of now, for the health page. */
  read(): StreamState {
    const behind = this.freshness.behind(this.#plan.subscribed());
    const held = Number.isFinite(this.#loop.max) ? this.#loop.max / 1e6 - loopResolutionMs : 0;
    const gateway = { backlog_bytes: this.#plan.largestBacklog(), loop_ms: Math.max(0, Math.round(held)) };
    const { freshAt } = this.freshness;
    const fresh_at = freshAt === null ? null : new Date(freshAt).toISOString();
    return { live: behind === null, behind, lag: this.freshness.lag(gateway), fresh_at };
  }

  /** As of now, for a heartbeat: from here on the event loop is measured anew. */
  beat(): StreamState {
    const state = this.read();
    this.#loop.reset();
    return state;
  }

  #compare(): void {
    const state = this.read();
    const isNews = state.behind !== this.#behind;
    this.#behind = state.behind;
    this.#report(state);
    if (isNews) this.#plan.onChange();
  }

  #report(state: StreamState): void {
    if (state.live) this.#startsUntil = 0;
    if (state.behind === this.#logged || performance.now() < this.#startsUntil) return;
    this.#logged = state.behind;
    if (state.behind) this.#plan.log.warn(state, 'the stream is behind; clients are told');
    else this.#plan.log.info(state, 'the stream is live again');
  }

  async #poll(): Promise<void> {
    const { usersUrl, ordersUrl, bridgeUrl } = this.#plan;
    const asked = Date.now();
    // A stage that hangs holds the whole poll up, and proves nothing of the others.
    let ordersAnswered = asked;
    const [orders, users, bridge, redis] = await Promise.all([
      this.#ask(new URL('/api', ordersUrl), tolerant.service, ({ outbox }) => outbox).then((reading) => {
        ordersAnswered = Date.now();
        return reading;
      }),
      this.#ask(new URL('/api', usersUrl), tolerant.service, ({ outbox }) => outbox),
      this.#ask(new URL('/', bridgeUrl), tolerant.bridge, lagOfBridge),
      this.#pingRedis(),
    ]);
    const poll = { asked, ordersAnswered, subscribed: this.#plan.subscribed() };
    this.freshness.take({ orders, users, bridge, redis }, poll);
  }

  /** Null for a stage that does not answer, or that says that it does not know. */
  async #ask<S extends z.ZodType, T>(
    url: URL,
    schema: S,
    lagOf: (health: z.infer<S>) => T | null | undefined,
  ): Promise<Reading<T> | null> {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
      if (!answer.ok) throw new Error(`${url.href} answered ${answer.status}`);
      const lag = lagOf(schema.parse(await answer.json()));
      return lag === null ? null : { lag: lag ?? null };
    } catch (error) {
      this.#plan.log.debug({ err: error, url: url.href }, 'a stage did not tell how far behind it is');
      return null;
    }
  }

  async #pingRedis(): Promise<Reading<number> | null> {
    const began = performance.now();
    const answer = this.#plan.redis.ping().then(
      () => ({ lag: Math.round(performance.now() - began) }),
      (error: unknown) => {
        this.#plan.log.debug({ err: error }, 'redis did not answer a ping');
        return null;
      },
    );
    // The command itself is given up later.
    return Promise.race([answer, delay(answerMs, null, { ref: false })]);
  }
}
