import { type EndedSession, endedSession, type Revocation } from '../domain/revocation.ts';
import type { Position } from '../socket/position.ts';

/**
 * The keys in Redis that the bridge writes and others read. A deployment may put a prefix before them.
 * - `log`: a stream of the latest messages of all channels; an entry's id is `<seq>-0`.
 * - `state`: a hash that tells where the log stands, see `stateFields`.
 * - `revocations`: a sorted set of the sessions that ended within an access token's life.
 */
export const redisKeys = (prefix: string) => ({
  log: `${prefix}order_events:log`,
  state: `${prefix}order_events:state`,
  revocations: `${prefix}revocations`,
});

/**
 * A stream of security events on their way from orders and gateway to the users service, which takes them out. An entry has
 * one field, `event`, with a `SecurityEvent` as JSON text.
 */
export const securityEventStream = (prefix: string): string => `${prefix}security_events`;

/** The fields of an entry of the log. They are short because every entry repeats them. */
export const entryFields = { channel: 'c', message: 'm' } as const;

interface LogEntry {
  /** With the prefix of the deployment. */
  channel: string;
  /** The `RedisMessage` as JSON text. */
  message: string;
}

/** The fields of an entry as XADD takes them. */
export const encodeEntry = ({ channel, message }: LogEntry): string[] => [
  ...[entryFields.channel, channel],
  ...[entryFields.message, message],
];

/** Reads the fields of an entry as XRANGE gives them; a field that the entry lacks is undefined. */
export const decodeEntry = (fields: readonly string[]): Partial<LogEntry> => {
  const valueOf = (name: string): string | undefined => {
    const index = fields.indexOf(name);
    return index === -1 ? undefined : fields[index + 1];
  };
  return { channel: valueOf(entryFields.channel), message: valueOf(entryFields.message) };
};

export const entryId = (seq: number): string => `${seq}-0`;
export const seqOfEntry = (id: string): number => Number(id.split('-')[0]);

/**
 * The fields of the state hash: the life of the log, the last `seq` in it, and the `run_id` of the Redis that a bridge
 * saw last. Besides these there is one field per partition, whose value is the last offset that was published.
 */
export const stateFields = { epoch: 'epoch', seq: 'seq', run: 'run' } as const;

/** The field of a partition; `topic` has its prefix. */
export const partitionField = (topic: string, partition: number): string => `${topic}:${partition}`;

interface LogState {
  /** Where the log stands; null before a bridge has begun one. */
  position: Position | null;
  /** The last offset that was published, by the field of its partition. */
  offsets: Map<string, number>;
}

/** Reads the two fields of the position; null where either is missing. */
export const decodePosition = (epoch: string | null | undefined, seq: string | null | undefined): Position | null =>
  epoch == null || seq == null ? null : { epoch, seq: Number(seq) };

/** Reads the state hash as HGETALL gives it. */
export const decodeState = (hash: Readonly<Record<string, string>>): LogState => ({
  position: decodePosition(hash[stateFields.epoch], hash[stateFields.seq]),
  offsets: new Map(
    Object.entries(hash).flatMap(([name, value]) => (name.includes(':') ? [[name, Number(value)] as const] : [])),
  ),
});

/** An ended session, and when that was committed (`at`, ms since the epoch). */
export type Timed<T extends EndedSession> = T & { at: number };

/** The ended session that an event tells of. */
export const timed = <T extends EndedSession>(event: { data: T; times: { committed: string } }): Timed<T> => ({
  ...event.data,
  at: Date.parse(event.times.committed),
});

/** A revocation's score and member in the sorted set, as ZADD takes them. */
export const encodeRevocation = ({ at, ...session }: Timed<Revocation>): [score: number, member: string] => [
  at,
  JSON.stringify(session),
];

/** Reads revocations as ZRANGE … WITHSCORES gives them: members and scores in turn. */
export const decodeRevocations = (reply: readonly string[]): Timed<EndedSession>[] =>
  Array.from({ length: reply.length / 2 }, (_, index) => ({
    ...endedSession.parse(JSON.parse(reply[index * 2] ?? 'null')),
    at: Number(reply[index * 2 + 1]),
  }));
