import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { aggregates } from '../../contracts/src/domain/aggregates.ts';
import type { EventValue } from '../../contracts/src/domain/events.ts';
import type { EventHeaders } from '../../contracts/src/kafka/headers.ts';
import { entryFields, partitionField, redisKeys, stateFields } from '../../contracts/src/redis/keyspace.ts';
import { Bridge, topicsOf } from '../../services/bridge/src/bridge.ts';
import { DeadLetters } from '../../services/bridge/src/dead-letters.ts';
import { EpochKeeper } from '../../services/bridge/src/epoch-keeper.ts';
import { Publisher } from '../../services/bridge/src/publisher.ts';
import { connectKafka, type Kafka, withAdmin } from '../../services/runtime/src/kafka/client.ts';
import kafkajs from '../../services/runtime/src/kafka/kafkajs.ts';
import { byKey } from '../../services/runtime/src/kafka/partitioner.ts';
import { ensureTopics } from '../../services/runtime/src/kafka/topics.ts';
import { report } from '../support/figures.ts';
import { isShort } from '../support/short.ts';
import { type Throwaway, withThrowaway } from '../support/throwaway.ts';

/**
 * How fast the bridge carries a backlog of Kafka to Redis, beside a bare loop: what kafkajs fetches goes into the same
 * script as it is, neither checked nor translated, and nothing is committed. Both read the same records, and write to
 * keys of their own. The time is from the first message in Redis to the last.
 */
const events = isShort ? 30_000 : 60_000;
const rounds = isShort ? 2 : 5;
/** As many as the relay puts into a transaction. */
const eventsInTransaction = 500;
const logLength = 20_000;
const topic = aggregates.order.topic;
const script = readFileSync(join(import.meta.dirname, '../../services/bridge/src/publish.lua'), 'utf8');
const settings = { KAFKA_PREFIX: '', KAFKA_PARTITIONS: 6, KAFKA_REPLICATION: 1 };
const group = 'bridge';

/** Whatever carries events to the keys with this prefix, until the signal. */
type Carry = (prefix: string, signal: AbortSignal) => Promise<void>;

/** The nth event of 5,000 orders: an order with two lines, about 1 kB. */
const eventOf = (n: number) => {
  const at = new Date().toISOString();
  const id = `01920000-0000-7000-8000-${String(n % 5_000).padStart(12, '0')}`;
  const line = { product_id: id, name: 'Enamel mug, blue', quantity: 2, price: 1250 };
  const value: EventValue<'order.updated'> = {
    ...{ id, number: 1_000 + (n % 5_000), customer_id: id, customer_name: 'Zoë Ångström', status: 'pending' },
    ...{ total_amount: 5_000, currency: 'USD', note: 'Ring twice. '.repeat(15), version: 1 + Math.floor(n / 5_000) },
    ...{ assigned_to: null, assigned_name: null, internal_note: null, due_at: at, created_at: at, updated_at: at },
    ...{ items: [randomUUID(), randomUUID()].map((item) => ({ id: item, ...line })), previous_status: null },
    actor: { id, name: 'Zoë Ångström', role: 'customer' },
  };
  const headers: EventHeaders = {
    ...{ ce_id: randomUUID(), ce_type: 'order.updated', ce_source: '/bench', ce_subject: id, ce_time: at },
    ...{ ce_specversion: '1.0', 'content-type': 'application/json', ce_requestid: randomUUID() },
    traceparent: `00-${randomUUID().replaceAll('-', '')}-0123456789abcdef-01`,
  };
  return { key: id, value: JSON.stringify(value), headers };
};

const fill = async (kafka: Kafka): Promise<void> => {
  const producer = kafka.producer({
    ...{ transactionalId: 'bench', maxInFlightRequests: 1, createPartitioner: byKey },
  });
  await producer.connect();
  for (let n = 0; n < events; n += eventsInTransaction) {
    const transaction = await producer.transaction();
    const messages = Array.from({ length: eventsInTransaction }, (_none, index) => eventOf(n + index));
    await transaction.send({ topic, messages, compression: kafkajs.CompressionTypes.ZSTD });
    await transaction.commit();
  }
  await producer.disconnect();
};

const bridge =
  ({ log }: Throwaway, kafka: Kafka, redis: Redis): Carry =>
  async (prefix, signal) => {
    const publisher = new Publisher(redis, prefix, logLength);
    const task = new Bridge({
      ...{ kafka, publisher, log, metrics: new Registry() },
      settings: { ...settings, KAFKA_BROKERS: [] },
      epochs: new EpochKeeper({ publisher, kafka, topics: topicsOf(''), log }),
      deadLetters: new DeadLetters(kafka, '', log),
    });
    await task.run(signal);
    // The next bridge begins where the topics begin.
    await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
  };

const bareLoop =
  (kafka: Kafka, redis: Redis): Carry =>
  async (prefix, signal) => {
    const { state, log } = redisKeys(prefix);
    const sha = String(await redis.script('LOAD', script));
    const fields = [stateFields.epoch, stateFields.seq, stateFields.run, entryFields.channel, entryFields.message];
    const channel = `${prefix}${aggregates.order.channel}`;
    const consumer = kafka.consumer({ groupId: `bare-${randomUUID()}`, maxWaitTimeInMs: 500 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      ...{ autoCommit: false, partitionsConsumedConcurrently: 6 },
      eachBatch: async ({ batch: { messages, partition } }) => {
        for (let start = 0; start < messages.length; start += 500) {
          const chunk = messages.slice(start, start + 500);
          const texts = chunk.flatMap(({ offset, value }) => [offset, channel, value?.subarray(0, -1) ?? '']);
          // From 0, because marks of transactions lie between, which the script would take for messages that are lost.
          const range = [partitionField(topic, partition), '0', chunk.at(-1)?.offset ?? ''];
          const given = [...fields, ...range, '', 'epoch', 'epoch', 0, logLength, '', ...texts];
          await redis.evalsha(sha, 2, state, log, ...given);
        }
      },
    });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await consumer.disconnect();
  };

/** Events per second that reach Redis. */
const rateOf = async (carry: Carry, redis: Redis): Promise<number> => {
  const prefix = `${randomUUID()}.`;
  const { state, log } = redisKeys(prefix);
  const carried = async (): Promise<number> => Number(await redis.hget(state, stateFields.seq));
  const stopping = new AbortController();
  const carrying = carry(prefix, stopping.signal);
  let first = await carried();
  for (; first === 0; first = await carried()) await delay(2);
  const began = performance.now();
  while ((await carried()) < events) await delay(5);
  const seconds = (performance.now() - began) / 1000;
  stopping.abort();
  await carrying;
  await redis.del(state, log);
  return (events - first) / seconds;
};

await withThrowaway(
  async (bench) => {
    const { kafkaBrokers, redisHost, redisPort } = bench.stack;
    const kafka = connectKafka({ ...settings, KAFKA_BROKERS: [kafkaBrokers] }, 'bench', bench.log);
    await ensureTopics(kafka, { ...settings, KAFKA_BROKERS: [kafkaBrokers] });
    await fill(kafka);
    const [redis, watching] = [new Redis(redisPort, redisHost), new Redis(redisPort, redisHost)];
    const ours: number[] = [];
    const theirs: number[] = [];
    // The first round only warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const bridged = await rateOf(bridge(bench, kafka, redis), watching);
      const looped = await rateOf(bareLoop(kafka, redis), watching);
      if (round === 0) continue;
      ours.push(bridged);
      theirs.push(looped);
    }
    redis.disconnect();
    watching.disconnect();
    await report('bridge', [
      { name: 'events by the bridge', unit: 'per second', better: 'more', values: ours },
      { name: 'events by a bare loop', unit: 'per second', better: 'more', values: theirs },
      {
        ...{ name: 'bridge ÷ bare loop', unit: 'ratio', better: 'more' },
        values: ours.map((rate, round) => rate / (theirs[round] ?? NaN)),
      },
    ]);
  },
  ['postgres', 'redis', 'kafka'],
);
