import { expect, inject, test } from 'vitest';
import { createLog } from '../process/log.ts';
import { connectKafka, type KafkaMessage, withAdmin } from './client.ts';
import { Sender } from './sender.ts';
import { readTopic } from './topic-reader.ts';

test('the headers of a record are read as they were sent, whatever their names and however often they are there', async () => {
  const { kafkaBrokers } = inject('servers');
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: '', KAFKA_PARTITIONS: 1, KAFKA_REPLICATION: 1 };
  const kafka = connectKafka(settings, 'headers', createLog('headers', 'silent'));
  const topic = `headers-${crypto.randomUUID()}`;
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
  const headers = { one: 'a', many: ['b', 'c', 'd'], toString: 'e', constructor: ['f', 'g'] };
  const sender = new Sender(kafka);
  await sender.send([
    { topic, key: 'key', value: 'with', headers },
    { topic, key: 'key', value: 'without', headers: {} },
  ]);
  await sender.close();
  const read: KafkaMessage[] = [];
  await readTopic(
    kafka,
    { topic, groupPrefix: `${topic}.` },
    (record) => read.push(record),
    AbortSignal.timeout(20_000),
  );
  const texts = read.map((record) =>
    Object.entries(record.headers ?? {}).map(([name, value]) => [name, [value].flat().map(String)]),
  );
  expect(texts).toEqual([Object.entries(headers).map(([name, value]) => [name, [value].flat()]), []]);
});
