import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { partitionField } from '@live-orders/contracts/redis/keyspace.ts';
import { backoff, pause, retry } from '@live-orders/runtime/process/backoff.ts';
import { consume, type CoveredBatch, type EmptyStretch } from '@live-orders/runtime/kafka/consumer.ts';
import { ensureTopics } from '@live-orders/runtime/kafka/topics.ts';
import type { Kafka, KafkaMessage, KafkaSettings } from '@live-orders/runtime/kafka/client.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import { Counter, type Registry } from 'prom-client';
import type { DeadLetters } from './dead-letters.ts';
import type { EpochKeeper } from './epoch-keeper.ts';
import type { OffsetRange, Publication, Publisher } from './publisher.ts';
import { translate, type Translation } from './translation.ts';

/** Records in one call of the script: about 1 MB, which keeps Redis' only thread busy for a few milliseconds. */
const chunkMessages = 500;

/** Each is counted from 0 on, so that a first dead letter is an increase to those who watch the count. */
const outcomes: Record<Translation['kind'], 0> = { message: 0, ignored: 0, dead: 0 };

/** The names of the topics that are carried, with the prefix of the deployment. */
export const topicsOf = (prefix: string): string[] => Object.values(aggregates).map(({ topic }) => `${prefix}${topic}`);

/**
 * Carries the Kafka topics to Redis. Offsets are committed only after Redis has acknowledged, a little later, and the
 * script skips what it has seen, so that a crash anywhere in between neither loses nor repeats a message.
 */
export class Bridge implements Task {
  readonly name = 'bridge';
  state: 'starting' | 'consuming' | 'waiting for redis' = 'starting';
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #publisher: Publisher;
  readonly #epochs: EpochKeeper;
  readonly #deadLetters: DeadLetters;
  readonly #log: Log;
  readonly #records: Counter<'outcome'>;

  constructor(options: {
    kafka: Kafka;
    settings: KafkaSettings;
    publisher: Publisher;
    epochs: EpochKeeper;
    deadLetters: DeadLetters;
    log: Log;
    metrics: Registry;
  }) {
    this.#kafka = options.kafka;
    this.#settings = options.settings;
    this.#publisher = options.publisher;
    this.#epochs = options.epochs;
    this.#deadLetters = options.deadLetters;
    this.#log = options.log;
    this.#records = new Counter({
      name: 'bridge_records_total',
      help: 'Kafka records by what became of them',
      labelNames: ['outcome'],
      registers: [options.metrics],
    });
    for (const [outcome, count] of Object.entries(outcomes)) this.#records.inc({ outcome }, count);
  }

  async run(signal: AbortSignal): Promise<void> {
    const prefix = this.#settings.KAFKA_PREFIX;
    const options = { log: this.#log, signal };
    await retry('reaching kafka', () => ensureTopics(this.#kafka, this.#settings), options);
    await retry('comparing redis with kafka', () => this.#epochs.compare(), options);
    this.state = 'consuming';
    try {
      await consume(
        this.#kafka,
        {
          groupId: `${prefix}bridge`,
          topics: topicsOf(prefix),
          eachBatch: (batch) => this.#carry(batch, signal),
          onEmpty: (stretch) => this.#pass(stretch),
          log: this.#log,
        },
        signal,
      );
    } finally {
      await this.#deadLetters.close();
    }
  }

  /** Carries a batch chunk by chunk. It ends early, with the rest left for later, once the partition is not ours any more. */
  async #carry(payload: CoveredBatch, signal: AbortSignal): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, carried, heartbeat } = payload;
    const { topic, partition, messages } = batch;
    let first = payload.from;
    for (let start = 0; start < messages.length; start += chunkMessages) {
      if (!isRunning() || isStale() || signal.aborted) return;
      const chunk = messages.slice(start, start + chunkMessages);
      const lastMessage = chunk.at(-1)?.offset;
      if (lastMessage === undefined) return;
      const publications = await this.#translate(topic, partition, chunk);
      const last = start + chunkMessages < messages.length ? lastMessage : batch.lastOffset();
      const published = await this.#publish(
        payload,
        { partition: partitionField(topic, partition), first, last },
        publications,
        signal,
      );
      if (!published) return;
      resolveOffset(lastMessage);
      first = String(BigInt(last) + 1n);
      carried(first);
      await heartbeat();
    }
  }

  /**
   * Covers offsets that hold no message. Redis has to remember them before the group commits them: otherwise the next
   * batch would begin beyond what Redis knows, and the script would take that for lost messages.
   */
  async #pass({ topic, partition, from, last }: EmptyStretch): Promise<void> {
    await this.#publisher.publish({ partition: partitionField(topic, partition), first: from, last }, []);
  }

  /**
   * Tries until Redis has acknowledged; the heartbeats meanwhile keep this bridge in its consumer group. Gives false, with
   * nothing known to be published, when the partition is no longer ours or the process stops.
   */
  async #publish(
    { isRunning, isStale, heartbeat }: CoveredBatch,
    range: OffsetRange,
    publications: Publication[],
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let failures = 0; isRunning() && !isStale() && !signal.aborted;) {
      try {
        await this.#publisher.publish(range, publications);
        if (this.state === 'waiting for redis') this.#log.info('publishing again');
        this.state = 'consuming';
        return true;
      } catch (error) {
        failures += 1;
        // Of many partitions that wait, one tells.
        const level = this.state === 'waiting for redis' ? 'debug' : 'warn';
        this.state = 'waiting for redis';
        this.#log[level]({ err: error, failures }, 'publishing failed, trying again');
      }
      await heartbeat();
      await pause(backoff(failures, 1_000), signal);
    }
    return false;
  }

  /** Gives the messages of the records, and sets aside those that cannot be carried. */
  async #translate(topic: string, partition: number, messages: KafkaMessage[]): Promise<Publication[]> {
    const bridgedAt = new Date().toISOString();
    const publications: Publication[] = [];
    for (const message of messages) {
      const translation = translate(message, bridgedAt);
      this.#records.inc({ outcome: translation.kind });
      if (translation.kind === 'message') publications.push({ ...translation, offset: message.offset });
      if (translation.kind === 'dead') {
        await this.#deadLetters.setAside({ topic, partition, message, reason: translation.reason });
      }
    }
    return publications;
  }
}
