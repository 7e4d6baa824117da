import type { Reconciliation } from '@live-orders/contracts/rest/health.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Kafka } from '@live-orders/runtime/kafka/client.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { registerGauges } from '@live-orders/runtime/process/metrics.ts';
import type { Redis } from '@live-orders/runtime/redis.ts';
import type { Relay } from '@live-orders/runtime/outbox/relay.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Registry } from 'prom-client';
import { lockOrders } from '../orders/moves.ts';
import { compare } from './comparison.ts';
import type { OrderContext } from '../orders/order-context.ts';
import { readKafka, readRedis, readStored, readVersions } from './sources.ts';

/** How far the first comparison looks back; each later one begins where the one before did. */
const firstReachMs = 3_600_000;
/** A comparison looks this much further back: clocks differ, and a row bears a time from before its commit. */
const overlapMs = 60_000;
/** A comparison that takes longer is given up until the next one. */
const patienceMs = 60_000;
/** How many orders are sent again in one transaction. */
const repairLength = 100;

const help = {
  reconciliation_checked: 'Orders that were compared last',
  reconciliation_missing_in_kafka: 'Orders whose latest version Kafka never got',
  reconciliation_missing_in_redis: 'Orders whose latest event is not in the log',
  reconciliation_gaps: 'Versions that lack between others',
  reconciliation_ahead: 'Orders of which Kafka or Redis has a later version than the database',
  reconciliation_took_ms: 'How long the last comparison took',
  reconciliation_timestamp_seconds: 'When the last comparison began',
};

interface ReconcilerOptions {
  context: OrderContext;
  kafka: Kafka;
  kafkaPrefix: string;
  redis: Redis;
  redisPrefix: string;
  relay: Relay;
  everyMs: number;
  log: Log;
  metrics: Registry;
}

/**
 * Compares the orders that changed lately with what Kafka and the log in Redis have of them: at the start and every few
 * minutes, in the process whose relay leads. An order that is missing there is sent again through the outbox.
 */
export class Reconciler implements Task {
  readonly name = 'reconciler';
  /** null until this process has compared. */
  last: Reconciliation | null = null;
  readonly #options: ReconcilerOptions;
  #since = new Date(Date.now() - firstReachMs);

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    registerGauges(options.metrics, help, async () => {
      if (!this.last) return null;
      const { checked, missing_in_kafka, missing_in_redis, gaps, ahead, at, took_ms } = this.last;
      return {
        reconciliation_checked: checked,
        reconciliation_missing_in_kafka: missing_in_kafka,
        reconciliation_missing_in_redis: missing_in_redis ?? NaN,
        reconciliation_gaps: gaps,
        reconciliation_ahead: ahead,
        reconciliation_took_ms: took_ms,
        reconciliation_timestamp_seconds: Date.parse(at) / 1000,
      };
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { relay, everyMs } = this.#options;
    for (let due = 0; !signal.aborted; await pause(1_000, signal)) {
      if (relay.state !== 'leading' || Date.now() < due) continue;
      due = Date.now() + everyMs;
      await this.#attempt(signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.#reconcile(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log.warn({ err: error }, 'the orders could not be compared; it is tried again next time');
    }
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    const { context, kafka, kafkaPrefix, log } = this.#options;
    const began = new Date();
    const earlier = (time: Date): Date => new Date(time.getTime() - overlapMs);
    // `compare` needs them read in this order.
    const { stored, since } = await readStored(context.database, context.outbox.table, earlier(this.#since));
    const inKafka = await readKafka(kafka, kafkaPrefix, earlier(since), signal);
    const inRedis = await this.#readRedis(earlier(since));
    const { missingInKafka, missingInRedis, gaps, ahead } = compare(stored, inKafka, inRedis);
    // The database may have caught up with what was ahead of it: that was committed after the database was read.
    const now = await readVersions(context.database, [...ahead.keys()]);
    const beyond = [...ahead].filter(([id, version]) => version > (now.get(id) ?? 0));
    const versions = new Map(stored.map(({ id, version }) => [id, version]));
    const wanted = new Set([...missingInKafka, ...(missingInRedis ?? [])].filter((id) => versions.has(id)));
    const repaired = await this.#repair([...wanted], versions);
    this.#since = began;
    this.last = {
      checked: stored.length,
      missing_in_kafka: missingInKafka.length,
      missing_in_redis: missingInRedis?.length ?? null,
      gaps,
      ahead: beyond.length,
      repaired,
      at: began.toISOString(),
      took_ms: Date.now() - began.getTime(),
    };
    const wrong = wanted.size + gaps + beyond.length > 0;
    const examples = [...wanted, ...beyond.map(([id]) => id)].slice(0, 10);
    log[wrong ? 'warn' : 'info'](
      { ...this.last, ...(wrong ? { examples } : {}) },
      wrong ? 'orders differ between database, kafka and redis' : 'database, kafka and redis agree on the orders',
    );
  }

  async #readRedis(since: Date) {
    const { redis, redisPrefix, log } = this.#options;
    try {
      return await readRedis(redis, redisPrefix, since);
    } catch (error) {
      log.debug({ err: error }, 'the log in redis is not compared');
      return null;
    }
  }

  /** Sends the orders again as they are now; a consumer that has the version ignores it. Gives how many were sent. */
  async #repair(ids: string[], versions: Map<string, number>): Promise<number> {
    const { context } = this.#options;
    let count = 0;
    for (let start = 0; start < ids.length; start += repairLength) {
      count += await context.outbox.transact(async (transaction) => {
        const part = ids.slice(start, start + repairLength);
        const orders = [...(await lockOrders(part, null, transaction)).values()]
          // An order that has changed since has a later event under way.
          .filter(({ id, version }) => versions.get(id) === version);
        const events = orders.map((order) => ({
          type: 'order.updated' as const,
          value: { ...order, previous_status: order.status, actor: null },
        }));
        await context.outbox.append(events, transaction);
        return events.length;
      });
    }
    return count;
  }
}
