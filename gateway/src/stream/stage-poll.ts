import { setTimeout as delay } from 'node:timers/promises';
import { bridgeHealth, serviceHealth } from '@live-orders/contracts/rest/health.ts';
import type { Lag } from '@live-orders/contracts/domain/stream-lag.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Part } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { Heartbeat } from './heartbeat.ts';
import type { Reading, StageFreshness } from './stage-freshness.ts';
import type { Subscriber } from './subscriber.ts';

/** A stage is late after 3 s (`lateMs`); asked each second, it is told of within 4 s. */
const pollMs = 1_000;
/** While a stage is late it is asked more often, so that clients soon hear when it no longer is. */
const soonMs = 500;
/** A stage that takes longer to answer counts as not answering. */
const answerMs = 1_500;

/** A stage of an older version may not tell yet how far behind it is. */
const tolerant = { service: serviceHealth.partial({ outbox: true }), bridge: bridgeHealth.partial({ lag: true }) };

/** Undefined for a bridge that has no figures to tell; null for one that does not know, as after its start. */
const lagOfBridge = ({ lag }: z.infer<typeof tolerant.bridge>): Lag | null | undefined =>
  lag && (lag.behind_ms === null ? null : { records: lag.records, behind_ms: lag.behind_ms });

interface StagePollOptions {
  usersUrl: string;
  ordersUrl: string;
  bridgeUrl: string;
  redis: Redis;
  subscriber: Pick<Subscriber, 'live'>;
  /** Takes in what the stages answer. */
  freshness: StageFreshness;
  /** Is asked to tell clients after each poll, if that changed the state of the stream. */
  heartbeat: Heartbeat;
  log: Log;
}

/** Asks every stage of the stream each second how far behind it is, all at once. */
export class StagePoll implements Part {
  readonly name = 'stage poll';
  readonly #plan: StagePollOptions;

  constructor(options: StagePollOptions) {
    this.#plan = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#poll();
      const behind = this.#plan.heartbeat.beatOnChange();
      await pause(behind === null ? pollMs : soonMs, signal);
    }
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
    const poll = { asked, ordersAnswered, subscribed: this.#plan.subscriber.live };
    this.#plan.freshness.take({ orders, users, bridge, redis }, poll);
  }

  /** What the stage at `url` says; null when it does not answer, or says that it does not know. */
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
    // ioredis itself gives the command up later.
    return Promise.race([answer, delay(answerMs, null, { ref: false })]);
  }
}
