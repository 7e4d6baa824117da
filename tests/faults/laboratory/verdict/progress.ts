import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { OffsetReader } from '@live-orders/runtime/kafka/offsets.ts';
import type { Viewer } from '../actors/viewer.ts';
import { inRedis } from '../rig/redis-commands.ts';
import type { Laboratory } from '../rig/laboratory.ts';
import type { TopicReader } from './topic-reader.ts';

/** So many of the newest entries of Redis' log are read: more than a round writes. */
const looked = 500;

/**
 * What is still on its way from Kafka to the dashboards, in words; empty when nothing is. Only then can nothing that
 * was written change what a dashboard shows any more, so that a round is judged by what happened, and not by how soon.
 */
export class Progress {
  readonly #laboratory: Laboratory;
  readonly #viewers: readonly Viewer[];
  readonly #reader: TopicReader;
  readonly #offsets: OffsetReader;

  constructor(plan: { laboratory: Laboratory; viewers: readonly Viewer[]; reader: TopicReader }) {
    this.#laboratory = plan.laboratory;
    this.#viewers = plan.viewers;
    this.#reader = plan.reader;
    this.#offsets = new OffsetReader(plan.reader.kafka);
  }

  /** Call it after `reader.read`, whose newest records the bridges must have carried. */
  async open(): Promise<string[]> {
    const committed = await this.#offsets.committed('bridge', [aggregates.order.topic]);
    const waiting = [...this.#reader.newest].filter(
      ([partition, offset]) => (committed.get(`${aggregates.order.topic}:${partition}`) ?? 0) <= offset,
    );
    if (waiting.length === 0) return this.#unheard();
    return waiting.map(
      ([partition, offset]) => `the bridges have not carried record ${offset} of partition ${partition}`,
    );
  }

  close(): Promise<void> {
    return this.#offsets.close();
  }

  /** Dashboards that have not received the newest message in Redis that they may see. */
  async #unheard(): Promise<string[]> {
    const { epoch, entries } = await inRedis(this.#laboratory, async (redis) => ({
      epoch: await redis.hget('order_events:state', 'epoch'),
      entries: await redis.xrevrange('order_events:log', '+', '-', 'COUNT', looked),
    }));
    return this.#viewers.flatMap(({ name, customerId, client: { position } }) => {
      const isMeant = (fields: string[]): boolean =>
        fields.includes('order_events') && (customerId === null || fields.some((text) => text.includes(customerId)));
      const newest = entries.find(([, fields]) => isMeant(fields));
      const seq = Number.parseInt(newest?.[0] ?? '0', 10);
      const hasHeard = position !== null && position.epoch === epoch && position.seq >= seq;
      return hasHeard ? [] : [`${name} is at ${JSON.stringify(position)}, and not yet at ${epoch}:${seq}`];
    });
  }
}
