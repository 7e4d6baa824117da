import { setImmediate as breathe } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { decodeEntry, decodeState, redisKeys, stateFields } from '@live-orders/contracts/redis/keyspace.ts';
import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Kafka } from '@live-orders/runtime/kafka/client.ts';
import type { Redis } from '@live-orders/runtime/redis.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import { QueryTypes } from 'sequelize';
import { z } from 'zod';
import type { KafkaTrail, RedisTrail, StoredOrder } from './comparison.ts';

/** Orders that are compared at most, the latest ones. */
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

/** Orders that changed since a time, read in one snapshot with the outbox; and since when these are all that did. */
export const readStored = async (
  database: Sequelize,
  outbox: string,
  since: Date,
): Promise<{ stored: StoredOrder[]; since: Date }> => {
  const rows = await database.query<StoredOrder & { updated_at: Date }>(
    `SELECT o.id, o.version, o.updated_at,
       NOT EXISTS (SELECT FROM ${outbox} b WHERE b.topic = $2 AND b.key = o.id::text)
       AND NOT EXISTS (SELECT FROM ${outbox}_dead d WHERE d.topic = $2 AND d.key = o.id::text) AS settled
     FROM (SELECT id, version, updated_at FROM orders WHERE updated_at >= $1
           ORDER BY updated_at DESC, id DESC LIMIT ${mostOrders}) o
     ORDER BY o.updated_at`,
    { bind: [since, aggregates.order.topic], type: QueryTypes.SELECT },
  );
  const all = rows.length < mostOrders;
  return { stored: rows, since: all ? since : (rows[0]?.updated_at ?? since) };
};

/** The present versions of these orders in the database. */
export const readVersions = async (database: Sequelize, ids: string[]): Promise<Map<string, number>> => {
  const rows = await database.query<{ id: string; version: number }>(
    'SELECT id, version FROM orders WHERE id = ANY($1::uuid[])',
    { bind: [ids], type: QueryTypes.SELECT },
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
};

/** What Kafka took of orders since a time, up to now. Records that are none of ours are left out. */
export const readKafka = async (
  kafka: Kafka,
  prefix: string,
  since: Date,
  signal: AbortSignal,
): Promise<KafkaTrail> => {
  const topic = `${prefix}${aggregates.order.topic}`;
  const trail: KafkaTrail = new Map();
  await readTopic(
    kafka,
    { topic, groupPrefix: `${prefix}reconciliation.`, since: since.getTime() },
    ({ value, offset }, partition) => {
      const { data } = versioned.safeParse(readJson(value?.toString() ?? ''));
      if (!data) return;
      const versions = trail.get(data.id) ?? new Map<number, { partition: string; offset: number }>();
      trail.set(data.id, versions.set(data.version, { partition: `${topic}:${partition}`, offset: Number(offset) }));
    },
    signal,
  );
  return trail;
};

/** What the log holds of orders since a time; null when a new log began meanwhile. */
export const readRedis = async (redis: Redis, prefix: string, since: Date): Promise<RedisTrail | null> => {
  const keys = redisKeys(prefix);
  const before = decodeState(await redis.hgetall(keys.state));
  const entries: RedisTrail['entries'] = [];
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
