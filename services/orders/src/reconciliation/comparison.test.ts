import { describe, expect, test } from 'vitest';
import { compare, type KafkaVersions, type StoredOrder } from './comparison.ts';

const stored = (id: string, version: number, settled = true): StoredOrder => ({ id, version, settled });

/** Events as `order@version`, one after the other in one partition. */
const kafkaWith = (...events: string[]): KafkaVersions => {
  const versionsOf: KafkaVersions = new Map();
  for (const [offset, event] of events.entries()) {
    const [id = '', version] = event.split('@');
    const versions = versionsOf.get(id) ?? new Map<number, { partition: string; offset: number }>();
    versionsOf.set(id, versions.set(Number(version), { partition: 'p:0', offset }));
  }
  return versionsOf;
};

const redisWith = (carried: number, ...events: string[]) => ({
  carried: new Map([['p:0', carried]]),
  entries: events.map((event) => ({ id: event.split('@')[0] ?? '', version: Number(event.split('@')[1]) })),
});

const sound = { missingInKafka: [], missingInRedis: [], gaps: 0, ahead: new Map() };

describe('a reconciliation', () => {
  test('finds nothing where all three agree, also when an event came twice', () => {
    const kafka = kafkaWith('a@1', 'b@1', 'a@2', 'a@2');
    expect(compare([stored('a', 2), stored('b', 1)], kafka, redisWith(3, 'a@1', 'b@1', 'a@2', 'a@2'))).toEqual(sound);
  });

  test('finds an order whose latest version, or which itself, Kafka never got', () => {
    const found = compare([stored('a', 2), stored('b', 1)], kafkaWith('a@1'), redisWith(0, 'a@1'));
    expect(found).toEqual({ ...sound, missingInKafka: ['a', 'b'] });
  });

  test('leaves alone what waits in the outbox', () => {
    expect(compare([stored('a', 2, false)], kafkaWith('a@1'), redisWith(0, 'a@1'))).toEqual(sound);
  });

  test('finds an order whose latest event was carried and is not in the log', () => {
    const found = compare([stored('a', 1), stored('b', 2)], kafkaWith('a@1', 'b@1', 'b@2'), redisWith(2, 'a@1', 'b@1'));
    expect(found).toEqual({ ...sound, missingInRedis: ['b'] });
  });

  test('leaves alone what the bridge has not carried yet, and what the log no longer reaches', () => {
    const kafka = kafkaWith('a@1', 'b@1', 'c@1');
    expect(compare([stored('a', 1), stored('b', 1), stored('c', 1)], kafka, redisWith(1, 'b@1'))).toEqual(sound);
  });

  test('counts the versions that lack in between', () => {
    const kafka = kafkaWith('a@1', 'a@4', 'b@1', 'b@2', 'b@3');
    const found = compare([stored('a', 4), stored('b', 3)], kafka, redisWith(4, 'a@1', 'a@4', 'b@1', 'b@3'));
    expect(found).toEqual({ ...sound, gaps: 3 });
  });

  test('names what is ahead of the database, in Kafka or in Redis', () => {
    const found = compare([stored('a', 1)], kafkaWith('a@1', 'a@2', 'x@5'), redisWith(2, 'a@1', 'a@2', 'x@5', 'a@3'));
    expect(found.ahead).toEqual(
      new Map([
        ['a', 3],
        ['x', 5],
      ]),
    );
  });

  test('does not judge a log that it could not read', () => {
    expect(compare([stored('a', 1)], kafkaWith('a@1'), null)).toEqual({ ...sound, missingInRedis: null });
  });
});
