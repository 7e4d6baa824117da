import { setImmediate as breathe } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { decodeEntry, decodeState, redisKeys, stateFields } from '@live-orders/contracts/redis/keyspace.ts';
import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Kafka } from '@live-orders/runtime/kafka/client.ts';
import type { Redis } from '@live-orders/runtime/redis.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import { z } from 'zod';
import type { KafkaVersions, RedisLog, StoredOrder } from './comparison.ts';

/** How many orders are compared at most: those that changed last. */
const mostOrders = 5_000;
const pageLength = 500;

const versioned = z.object({ id: z.string(), version: z.int() });
const message = z.object({ data: versioned, times: z.object({ bridged: z.string() }) });

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const storedRow = z.object({
  id: z.string(),
  version: z.number(),
  updated_at: z.date(),
  settled: z.boolean(),
} satisfies Record<keyof StoredOrder | 'updated_at', z.ZodType>);

/**
 * The orders that changed since a time, read in one snapshot with the outbox. Of more than the most that are compared only
 * the latest are given: the answer's `since` says from when on they are all.
 */
export const readStored = async (
  database: Sequelize,
  outbox: string,
  since: Date,
): Promise<{ stored: StoredOrder[]; since: Date }> => {
  const rows = await select(
    database,
    storedRow,
    `SELECT o.id, o.version, o.updated_at,
       NOT EXISTS (SELECT FROM ${outbox} b WHERE b.topic = $topic AND b.key = o.id::text)
       AND NOT EXISTS (SELECT FROM ${outbox}_dead d WHERE d.topic = $topic AND d.key = o.id::text) AS settled
     FROM (SELECT id, version, updated_at FROM orders WHERE updated_at >= $since
           ORDER BY updated_at DESC, id DESC LIMIT ${mostOrders}) o
     ORDER BY o.updated_at`,
    { since, topic: aggregates.order.topic },
  );
  const all = rows.length < mostOrders;
  return { stored: rows, since: all ? since : (rows[0]?.updated_at ?? since) };
};

/** The versions that these orders have in the database now. */
export const readVersions = async (database: Sequelize, ids: string[]): Promise<Map<string, number>> => {
  const row = z.object({ id: z.string(), version: z.number() });
  const rows = await select(database, row, 'SELECT id, version FROM orders WHERE id = ANY($ids::uuid[])', { ids });
  return new Map(rows.map(({ id, version }) => [id, version]));
};

/** The versions of orders that Kafka got since a time, up to its present end. Records that are no orders are left out. */
export const readKafka = async (
  kafka: Kafka,
  prefix: string,
  since: Date,
  signal: AbortSignal,
): Promise<KafkaVersions> => {
  const topic = `${prefix}${aggregates.order.topic}`;
  const versionsOf: KafkaVersions = new Map();
  await readTopic(
    kafka,
    { topic, groupPrefix: `${prefix}reconciliation.`, since: since.getTime() },
    ({ value, offset }, partition) => {
      const { data } = versioned.safeParse(readJson(value?.toString() ?? ''));
      if (!data) return;
      const versions = versionsOf.get(data.id) ?? new Map<number, { partition: string; offset: number }>();
      versionsOf.set(
        data.id,
        versions.set(data.version, { partition: `${topic}:${partition}`, offset: Number(offset) }),
      );
    },
    signal,
  );
  return versionsOf;
};

/** What the log in Redis holds of orders since a time; null when a new log was begun while it was read. */
export const readRedis = async (redis: Redis, prefix: string, since: Date): Promise<RedisLog | null> => {
  const keys = redisKeys(prefix);
  const before = decodeState(await redis.hgetall(keys.state));
  const entries: RedisLog['entries'] = [];
  let reached = true;
  for (let end = '+'; reached;) {
    const page = await redis.xrevrange(keys.log, end, '-', 'COUNT', pageLength);
    const found = page.flatMap(([, fields]) => toEntry(fields, `${prefix}${aggregates.order.channel}`) ?? []);
    const within = found.filter(({ bridged }) => Date.parse(bridged) >= since.getTime());
    entries.push(...within);
    reached = page.length === pageLength && within.length === found.length;
    end = `(${page.at(-1)?.[0] ?? ''}`;
    await breathe();
  }
  const epoch = await redis.hget(keys.state, stateFields.epoch);
  if (epoch !== (before.position?.epoch ?? null)) return null;
  return { entries: entries.reverse(), carried: before.offsets };
};

const toEntry = (fields: string[], channel: string) => {
  const entry = decodeEntry(fields);
  if (entry.channel !== channel) return null;
  const { data } = message.safeParse(readJson(entry.message ?? ''));
  return data ? { ...data.data, bridged: data.times.bridged } : null;
};
