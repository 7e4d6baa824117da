import { beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { connectKafka, type Kafka, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { ReplaySender } from './replay-sender.ts';

let kafka: Kafka;
let name: string;

beforeEach(async () => {
  name = `replay-${crypto.randomUUID()}`;
  const { kafkaBrokers } = inject('servers');
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: '', KAFKA_PARTITIONS: 1, KAFKA_REPLICATION: 1 };
  kafka = connectKafka(settings, 'replay', createLog('replay', 'silent'));
  const topics = [name, `${name}.notes`].map((topic) => ({ topic }));
  await withAdmin(kafka, (admin) => admin.createTopics({ topics, waitForLeaders: true }));
});

const open = async (as = name): Promise<ReplaySender> => {
  const sender = new ReplaySender(kafka, as, `${name}.notes`);
  await sender.open();
  return sender;
};

const record = (value: string) => ({ topic: name, key: 'key', value, headers: {} });

const read = async (): Promise<string[]> => {
  const values: string[] = [];
  await readTopic(
    kafka,
    { topic: name, groupPrefix: `${name}.` },
    ({ value }) => values.push(String(value)),
    AbortSignal.timeout(20_000),
  );
  return values;
};

/** A broker has said that a transaction is committed some moments before readers see it. */
const holds = (values: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await read()).toEqual(values), { timeout: 20_000, interval: 100 });

describe('of the senders of one name', () => {
  test('only the one that was opened last can write, whatever the others had under way', async () => {
    const first = await open();
    await first.send(record('1'), 'one');
    const second = await open();
    await expect(first.send(record('late'), 'late')).rejects.toThrow();
    expect(await second.lastNote()).toBe('one');
    await second.send(record('2'), 'two');
    await expect(first.send(record('again'), 'again')).rejects.toThrow('not open');
    const third = await open();
    expect(await third.lastNote()).toBe('two');
    await Promise.all([first, second, third].map((one) => one.close()));
    await holds(['1', '2']);
  });

  test('one whose letter is refused has noted nothing, and goes on once it is opened again', async () => {
    const sender = await open();
    const large = record(Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64'));
    const most = [{ name: 'max.message.bytes', value: '10000' }];
    const narrow = `${name}.narrow`;
    await withAdmin(kafka, (admin) =>
      admin.createTopics({ topics: [{ topic: narrow, configEntries: most }], waitForLeaders: true }),
    );
    await expect(sender.send({ ...large, topic: narrow }, 'refused')).rejects.toThrow('larger than the max');
    await sender.open();
    expect(await sender.lastNote()).toBeNull();
    await sender.send(record('after'), 'after');
    await sender.close();
    await holds(['after']);
  });

  test('one knows its last note however much was noted since, also by others', async () => {
    const [sender, other] = [await open(), await open(`${name} other`)];
    await sender.send(record('1'), 'long ago');
    for (let n = 0; n < 60; n += 1) await other.send(record(String(n)), `note ${n}`);
    expect([await sender.lastNote(), await other.lastNote()]).toEqual(['long ago', 'note 59']);
    await Promise.all([sender.close(), other.close()]);
  });
});
