import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { createLog } from '../process/log.ts';
import { connectKafka, type IHeaders, type Kafka, withAdmin } from './client.ts';
import { FencedProducer } from './fenced-producer.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { readTopic } from './topic-reader.ts';

let kafka: Kafka;
let name: string;
let narrow: string;
let opened: FencedProducer[];

beforeEach(async () => {
  opened = [];
  name = `fenced-${crypto.randomUUID()}`;
  narrow = `${name}.narrow`;
  const { kafkaBrokers } = inject('servers');
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: '', KAFKA_PARTITIONS: 1, KAFKA_REPLICATION: 1 };
  kafka = connectKafka(settings, 'fenced', createLog('fenced', 'silent'));
  const topics = [
    { topic: name, numPartitions: 3 },
    { topic: narrow, configEntries: [{ name: 'max.message.bytes', value: '10000' }] },
  ];
  await withAdmin(kafka, (admin) => admin.createTopics({ topics, waitForLeaders: true }));
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.map((producer) => producer.close()));
});

const open = async (): Promise<FencedProducer> => {
  const producer = new FencedProducer(kafka, name, [name, narrow]);
  opened.push(producer);
  await producer.open();
  return producer;
};

const record = (id: string, key = 'key'): OutgoingRecord => ({ topic: name, key, value: id, headers: { id } });
const idOf = ({ id }: IHeaders): string | null => (id === undefined ? null : String(id));

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

describe('of the producers of one name', () => {
  test('only the one that was opened last can write, and it finds what the others have written', async () => {
    const first = await open();
    await first.send([record('1')]);
    const second = await open();
    await expect(first.send([record('late')])).rejects.toThrow('epoch');
    await expect(first.send([record('again')])).rejects.toThrow('not open');
    expect(await second.newest(500, idOf)).toEqual(['1']);
    await second.send([record('2'), record('3')]);
    await second.send([record('4')]);
    const third = await open();
    expect(await third.newest(500, idOf)).toEqual(['1', '2', '3', '4']);
    expect(await read()).toEqual(['1', '2', '3', '4']);
  });

  test('one has left its mark in every partition once it is open', async () => {
    for (let marks = 1; marks <= 10; marks += 1) {
      await open();
      const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(name));
      expect(offsets.map(({ high }) => high)).toEqual(Array.from({ length: 3 }, () => String(marks)));
    }
  });

  test('one shuts out those of an earlier release too, with the transaction that one has under way', async () => {
    const former = kafka.producer({ transactionalId: name, maxInFlightRequests: 1 });
    await former.connect();
    const send = async (id: string) => {
      const transaction = await former.transaction();
      await transaction.send({ topic: name, messages: [{ key: 'key', value: id, headers: { id } }] });
      return transaction;
    };
    await (await send('whole')).commit();
    const half = await send('half');
    const producer = await open();
    await expect(half.commit()).rejects.toThrow();
    await former.disconnect();
    expect(await producer.newest(500, idOf)).toEqual(['whole']);
    await producer.send([record('next')]);
    expect(await read()).toEqual(['whole', 'next']);
  });

  test('one that was open for half a day has to be opened again, and then sends on', async () => {
    const producer = await open();
    await producer.send([record('1')]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 3_600_000 });
    expect(producer.isOpen).toBe(true);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    expect(producer.isOpen).toBe(false);
    await expect(producer.send([record('too late')])).rejects.toThrow('too long ago');
    await producer.open();
    expect(producer.isOpen).toBe(true);
    vi.useRealTimers();
    await producer.send([record('2')]);
    expect(await read()).toEqual(['1', '2']);
  });
});

test('of a batch of which a part is refused, the rest may be there, and is found once the producer is open again', async () => {
  const producer = await open();
  const large = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64');
  const refused = { ...record('large'), topic: narrow, value: large };
  await expect(producer.send([record('with it'), refused])).rejects.toThrow('larger than the max');
  expect(producer.isOpen).toBe(false);
  await producer.open();
  expect(await producer.newest(500, idOf)).toEqual(['with it']);
  await producer.send([record('after')]);
  expect(await read()).toEqual(['with it', 'after']);
});

describe('the newest records', () => {
  test('of each partition are found, however many marks and records of others came after them', async () => {
    const keys = Array.from({ length: 12 }, (_none, n) => `key ${n}`);
    const producer = await open();
    await producer.send(keys.map((key) => record(`old ${key}`, key)));
    await producer.send(keys.map((key) => record(key, key)));
    for (let n = 0; n < 10; n += 1) await producer.open();
    await producer.send(Array.from({ length: 40 }, (_none, n) => ({ ...record(String(n), `key ${n}`), headers: {} })));
    const found = await producer.newest(12, idOf);
    expect(new Set(found).intersection(new Set(keys))).toEqual(new Set(keys));
    expect(found).not.toContain(undefined);
  });

  test('are no more than are asked for, and as many again at most', async () => {
    const producer = await open();
    for (let n = 0; n < 20; n += 1) await producer.send([record(String(n))]);
    expect((await producer.newest(5, idOf)).length).toBeLessThanOrEqual(10);
    expect(await producer.newest(5, idOf)).toContain('15');
  });

  test('are read once a transaction of somebody else before them has ended', async () => {
    const other = kafka.producer({ transactionalId: `${name}.other`, maxInFlightRequests: 1 });
    await other.connect();
    const transaction = await other.transaction();
    await transaction.send({ topic: name, messages: [{ key: 'key', value: 'other' }] });
    const producer = await open();
    await producer.send([record('mine')]);
    const found = producer.newest(500, idOf);
    let isFound = false;
    void found.then(() => (isFound = true));
    // Longer than one of the requests that wait for more.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isFound).toBe(false);
    await transaction.commit();
    expect(await found).toEqual(['mine']);
    await other.disconnect();
  });
});
