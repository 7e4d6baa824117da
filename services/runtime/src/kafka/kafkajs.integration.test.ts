import { beforeEach, expect, inject, test, vi } from 'vitest';
import { createLog } from '../process/log.ts';
import { connectKafka, type Kafka, type KafkaMessage, withAdmin } from './client.ts';
import { FencedProducer } from './fenced-producer.ts';
import { Sender } from './sender.ts';
import { readTopic } from './topic-reader.ts';

let kafka: Kafka;
let topic: string;

beforeEach(async () => {
  const { kafkaBrokers } = inject('servers');
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: '', KAFKA_PARTITIONS: 1, KAFKA_REPLICATION: 1 };
  kafka = connectKafka(settings, 'records', createLog('records', 'silent'));
  topic = `records-${crypto.randomUUID()}`;
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
});

const read = async (): Promise<KafkaMessage[]> => {
  const records: KafkaMessage[] = [];
  await readTopic(
    kafka,
    { topic, groupPrefix: `${topic}.` },
    (record) => records.push(record),
    AbortSignal.timeout(20_000),
  );
  return records;
};

test('the headers of a record are read as they were sent, whatever their names and however often they are there', async () => {
  const headers = { one: 'a', many: ['b', 'c', 'd'], toString: 'e', constructor: ['f', 'g'] };
  const sender = new Sender(kafka);
  await sender.send([
    { topic, key: 'key', value: 'with', headers },
    { topic, key: 'key', value: 'without', headers: {} },
  ]);
  await sender.close();
  const texts = (await read()).map((record) =>
    Object.entries(record.headers ?? {}).map(([name, value]) => [name, [value].flat().map(String)]),
  );
  expect(texts).toEqual([Object.entries(headers).map(([name, value]) => [name, [value].flat()]), []]);
});

test('records of every length are read as they were sent', async () => {
  const values = Array.from({ length: 1_200 }, (_none, length) => 'x'.repeat(length));
  const producer = new FencedProducer(kafka, topic, [topic]);
  await producer.open();
  await producer.send(values.map((value) => ({ topic, key: 'key', value, headers: { length: String(value.length) } })));
  await producer.close();
  expect((await read()).map(({ value }) => value?.toString())).toEqual(values);
});

test('records of aborted transactions are not read, also where these overlap', async () => {
  const begin = async (name: string) => {
    const producer = kafka.producer({ transactionalId: `${topic}.${name}`, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    const send = (value: string) => transaction.send({ topic, messages: [{ key: 'key', value }] });
    return { producer, transaction, send };
  };
  const [first, second] = [await begin('first'), await begin('second')];
  await first.send('1');
  await second.send('2');
  await first.send('3');
  await second.transaction.abort();
  await first.send('4');
  await first.transaction.abort();
  const third = await begin('third');
  await third.send('committed');
  await third.transaction.commit();
  await Promise.all([first, second, third].map(({ producer }) => producer.disconnect()));
  // Kafka answers the end of a transaction before every partition knows of it.
  const values = async () => (await read()).map(({ value }) => value?.toString());
  await vi.waitFor(async () => expect(await values()).not.toEqual([]), 20_000);
  expect(await values()).toEqual(['committed']);
});
