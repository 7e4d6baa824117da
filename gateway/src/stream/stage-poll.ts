import { setTimeout as delay } from 'node:timers/promises';
import { bridgeHealth, liveness, serviceHealth } from '@live-orders/contracts/rest/health.ts';
import type { Lag } from '@live-orders/contracts/domain/stream-lag.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { Upstream } from '../http/upstream.ts';
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

interface Answer {
  status: number;
  body: unknown;
}

/** Over a connection that no client can take: how far a stage is behind has nothing to do with how many ask it. */
const askDirectly = async (url: string): Promise<Answer> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  return { status: answer.status, body: await answer.json() };
};

/** Over the connections of the proxy: answered when a client would be, and without figures, which are not for clients. */
const askAsClient = async ({ requests }: Upstream): Promise<Answer> => {
  const { statusCode, body } = await requests.ask({ method: 'GET', path: '/api' }, AbortSignal.timeout(answerMs));
  return { status: statusCode, body: await body.json() };
};

const outboxOf = ({ outbox }: z.infer<typeof tolerant.service>) => outbox;

interface StagePollOptions {
  users: Upstream;
  orders: Upstream;
  /** The operations ports of the stages. */
  operations: Record<'users' | 'orders' | 'bridge', string>;
  redis: Redis;
  subscriber: Pick<Subscriber, 'live'>;
  /** Takes in what the stages answer. */
  freshness: StageFreshness;
  /** Is asked to tell clients after each poll, if that changed the state of the stream. */
  heartbeat: Heartbeat;
  log: Log;
}

/** Asks every stage of the stream each second how far behind it is, all at once. */
export class StagePoll implements Task {
  readonly name = 'stage poll';
  readonly #options: StagePollOptions;

  constructor(options: StagePollOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#poll();
      const behind = this.#options.heartbeat.beatOnChange();
      await pause(behind === null ? pollMs : soonMs, signal);
    }
  }

  async #poll(): Promise<void> {
    const { users, orders, operations, subscriber, freshness } = this.#options;
    const asked = Date.now();
    // A stage that hangs holds the whole poll up, and proves nothing of the others.
    let ordersAnswered = asked;
    const [ordersLag, usersLag, ordersForClients, usersForClients, bridge, redis] = await Promise.all([
      this.#read('orders', askDirectly(operations.orders), tolerant.service, outboxOf).then((reading) => {
        ordersAnswered = Date.now();
        return reading;
      }),
      this.#read('users', askDirectly(operations.users), tolerant.service, outboxOf),
      this.#answers('orders for clients', askAsClient(orders)),
      this.#answers('users for clients', askAsClient(users)),
      this.#read('bridge', askDirectly(operations.bridge), tolerant.bridge, lagOfBridge),
      this.#pingRedis(),
    ]);
    const readings = { orders: ordersLag, users: usersLag, ordersForClients, usersForClients, bridge, redis };
    const poll = { asked, ordersAnswered, subscribed: subscriber.live };
    freshness.take(readings, poll);
  }

  /** Whether a stage answers those who are told no figures. */
  #answers(stage: string, asked: Promise<Answer>): Promise<Reading<null> | null> {
    return this.#read<typeof liveness, null>(stage, asked, liveness, () => undefined);
  }

  /** Null for a stage that does not answer, or that says that it does not know. */
  async #read<S extends z.ZodType, T>(
    stage: string,
    asked: Promise<Answer>,
    schema: S,
    lagOf: (health: z.infer<S>) => T | null | undefined,
  ): Promise<Reading<T> | null> {
    try {
      const { status, body } = await asked;
      if (status !== 200) throw new Error(`it answered ${status}`);
      const lag = lagOf(schema.parse(body));
      return lag === null ? null : { lag: lag ?? null };
    } catch (error) {
      this.#options.log.debug({ err: error, stage }, 'a stage did not tell how far behind it is');
      return null;
    }
  }

  async #pingRedis(): Promise<Reading<number> | null> {
    const began = performance.now();
    const answer = this.#options.redis.ping().then(
      () => ({ lag: Math.round(performance.now() - began) }),
      (error: unknown) => {
        this.#options.log.debug({ err: error }, 'redis did not answer a ping');
        return null;
      },
    );
    // ioredis itself gives the command up later.
    return Promise.race([answer, delay(answerMs, null, { ref: false })]);
  }
}
