import { decodeEntry, redisKeys } from '@live-orders/contracts/redis/keyspace.ts';
import type { Laboratory } from '../rig/laboratory.ts';
import { inRedis } from '../rig/redis-commands.ts';
import { readShop } from './shop-rows.ts';
import type { TopicReader } from './topic-reader.ts';
import type { Viewer } from '../actors/viewer.ts';
import type { Write } from '../actors/workload.ts';

const time = (at: number | Date | string): string => new Date(at).toISOString().slice(11, 23);

/** Everything that is known of an order at every hop, for a person who looks for the place where it went wrong. */
export const traceOrder = async (
  id: string,
  laboratory: Laboratory,
  { writes, viewers, reader }: { writes: readonly Write[]; viewers: readonly Viewer[]; reader: TopicReader },
): Promise<string[]> => {
  const shop = await readShop(laboratory.databaseUrl, new Date(0), id);
  return [
    `order ${id}`,
    ...shop.orders.map((row) => `  database: number ${row.number}, version ${row.version}, ${row.status}`),
    ...writes
      .filter((write) => write.order === id)
      .map(
        (one) =>
          `  ${time(one.at)} client: ${one.kind} ${one.what}: ${one.outcome} (${one.status}, ${one.ms} ms), version ${one.version}`,
      ),
    ...shop.steps.map((step) => `  ${time(step.created_at)} history: version ${step.version} ${step.to_status}`),
    ...shop.outbox
      .filter(({ key }) => key === id)
      .map((row) => `  outbox: row ${row.id} ${row.type} ce_id ${row.event_id}`),
    ...reader
      .of(id)
      .map(
        (one) =>
          `  ${time(one.at)} Kafka: version ${one.version} ${one.status} at ${one.partition}/${one.offset}, ce_id ${one.eventId}, committed ${time(one.committedAt)}`,
      ),
    ...(await traceRedis(id, laboratory)),
    ...viewers.flatMap(({ name, baseline, applied }) => [
      `  ${name}: began with version ${baseline.get(id) ?? 0}`,
      ...applied
        .filter((change) => change.id === id)
        .map(
          ({ at, version, status, via, spared }) =>
            `  ${time(at)} ${name}: version ${version} ${status} by ${via}${spared ? ', told of a loss' : ''}`,
        ),
    ]),
  ];
};

const traceRedis = (id: string, laboratory: Laboratory): Promise<string[]> =>
  inRedis(laboratory, async (redis) => {
    const keys = redisKeys('');
    const state = await redis.hgetall(keys.state);
    const entries = await redis.xrange(keys.log, '-', '+');
    return [
      `  Redis: ${JSON.stringify(state)}`,
      ...entries
        .filter(([, fields]) => fields.some((field) => field.includes(id)))
        .map(([place, fields]) => {
          const text = decodeEntry(fields).message ?? '';
          const [version, bridged] = [/"version":(\d+)/.exec(text)?.[1], /"bridged":"([^"]+)"/.exec(text)?.[1]];
          return `  ${bridged ? time(bridged) : ''} Redis: version ${version} at seq ${place}`;
        }),
    ];
  });
