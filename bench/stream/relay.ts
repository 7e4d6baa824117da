import { Registry } from 'prom-client';
import kafkajs from '../../services/runtime/src/kafka/kafkajs.ts';
import { connectKafka, type Kafka, type KafkaSettings } from '../../services/runtime/src/kafka/client.ts';
import { ensureTopics } from '../../services/runtime/src/kafka/topics.ts';
import { Outbox } from '../../services/runtime/src/outbox/outbox.ts';
import { Relay } from '../../services/runtime/src/outbox/relay.ts';
import pg from 'pg';
import { report } from '../support/figures.ts';
import { type Throwaway, withThrowaway } from '../support/throwaway.ts';

/**
 * How fast a backlog of the outbox gets to Kafka: the relay, which sends each row exactly once, beside a bare loop that
 * reads, sends with one kafkajs producer and deletes. The loop sends each row at least once, and does not notice when
 * Kafka leaves out the rows of a partition.
 */
const rows = 20_000;
const rounds = 3;
const bareRows = 500;

/** Events of 5,000 orders, of the size of an order with two lines. The relay is told, since it would look for them each second only. */
const fill = async (client: pg.Client): Promise<void> => {
  await client.query(
    `INSERT INTO orders_outbox (event_id, type, topic, key, value)
     SELECT gen_random_uuid(), 'order.updated', 'orders.v1', md5((n % 5000)::text)::uuid::text,
       json_build_object('id', md5((n % 5000)::text)::uuid, 'version', n / 5000 + 1, 'note', repeat(md5(n::text), 25))
     FROM generate_series(1, ${rows}) n`,
  );
  await client.query('NOTIFY orders_outbox');
};

const drained = async (client: pg.Client): Promise<boolean> => {
  const { rowCount } = await client.query('SELECT FROM orders_outbox LIMIT 1');
  return rowCount === 0;
};

const drain = async (bench: Throwaway, kafka: Kafka, settings: KafkaSettings, client: pg.Client): Promise<number> => {
  const stopping = new AbortController();
  const relay = new Relay({
    outbox: new Outbox(bench.database, 'orders_outbox', bench.log),
    databaseUrl: bench.url,
    kafka,
    settings,
    source: '/bench',
    log: bench.log,
    metrics: new Registry(),
  });
  const running = relay.run(stopping.signal);
  while (relay.state !== 'leading') await new Promise((resolve) => setTimeout(resolve, 5));
  await fill(client);
  const began = performance.now();
  while (!(await drained(client))) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - began) / 1000;
  stopping.abort();
  await running;
  return rows / seconds;
};

const bare = async (kafka: Kafka, client: pg.Client): Promise<number> => {
  const producer = kafka.producer({
    ...{ idempotent: true, maxInFlightRequests: 1, createPartitioner: kafkajs.Partitioners.DefaultPartitioner },
  });
  await producer.connect();
  await fill(client);
  const began = performance.now();
  for (;;) {
    const answer = await client.query<{ id: string; key: string; value: string }>(
      `SELECT id, key, value::text FROM orders_outbox ORDER BY id LIMIT ${bareRows}`,
    );
    if (answer.rows.length === 0) break;
    const messages = answer.rows.map(({ key, value }) => ({ key, value }));
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic: 'orders.v1', messages }] });
    await client.query('DELETE FROM orders_outbox WHERE id = ANY($1::bigint[])', [answer.rows.map(({ id }) => id)]);
  }
  const seconds = (performance.now() - began) / 1000;
  await producer.disconnect();
  return rows / seconds;
};

await withThrowaway(
  async (bench) => {
    const settings: KafkaSettings = {
      KAFKA_BROKERS: [bench.stack.kafkaBrokers],
      KAFKA_PREFIX: '',
      KAFKA_PARTITIONS: 6,
      KAFKA_REPLICATION: 1,
    };
    const kafka = connectKafka(settings, 'bench', bench.log);
    await ensureTopics(kafka, settings);
    const client = new pg.Client({ connectionString: bench.url });
    await client.connect();
    const ours: number[] = [];
    const theirs: number[] = [];
    // The first round only warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const [relayed, looped] = [await drain(bench, kafka, settings, client), await bare(kafka, client)];
      if (round === 0) continue;
      ours.push(relayed);
      theirs.push(looped);
    }
    await client.end();
    const ratios = ours.map((rate, round) => rate / (theirs[round] ?? NaN));
    await report('relay', [
      { name: 'rows by the relay', unit: 'per second', better: 'more', values: ours },
      { name: 'rows by a bare loop', unit: 'per second', better: 'more', values: theirs },
      { name: 'relay ÷ bare loop', unit: 'ratio', better: 'more', values: ratios },
    ]);
  },
  ['postgres', 'kafka'],
);
