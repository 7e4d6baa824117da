import { readFileSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Revocation } from '@live-orders/contracts/domain/revocation.ts';
import {
  decodeState,
  encodeRevocation,
  entryFields,
  redisKeys,
  stateFields,
  type Timed,
} from '@live-orders/contracts/redis/keyspace.ts';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import type { Position } from '@live-orders/contracts/socket/position.ts';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const script = readFileSync(join(import.meta.dirname, 'publish.lua'), 'utf8');
/** The name under which Redis keeps the script once it has seen it. */
const digest = createHash('sha1').update(script).digest('hex');
const answer = z.tuple([z.string(), z.number()]);
const accessTokenMs = accessTokenSeconds * 1000;

/** A message for Redis: `text` is a JSON object without its closing brace; the script adds `seq` and `epoch`. */
export interface Publication {
  offset: string;
  /** Without the prefix of the deployment. */
  channel: string;
  text: string;
  revocation: Timed<Revocation> | null;
}

/**
 * A stretch of one partition from its first to its last offset, both included, without a hole: records, and whatever
 * else takes up an offset there, such as the marks of transactions. `partition` is its field in the state hash.
 */
export interface OffsetRange {
  partition: string;
  first: string;
  last: string;
}

/** For calls of the script that publish nothing: no partition has this name, and offset -1 covers nothing. */
const noRange: OffsetRange = { partition: 'none', first: '-1', last: '-1' };

/** Writes the log of all messages in Redis, and publishes them. `length` is about how many messages the log keeps. */
export class Publisher {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #keys: ReturnType<typeof redisKeys>;
  readonly #length: number;
  /** Where the log stood at the last answer; without an epoch when there was none. */
  #last: Position = { epoch: '', seq: 0 };
  /** The last offset of each partition that Redis acknowledged to this publisher in the epoch it saw last. */
  readonly #acknowledged = new Map<string, string>();

  constructor(redis: Redis, prefix: string, length: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#keys = redisKeys(prefix);
    this.#length = length;
  }

  /**
   * Publishes the records of a range, once however often it is called: what is at or below the partition's remembered
   * offset is skipped. Rejects when Redis does not acknowledge. Gives where the log stands afterwards.
   */
  async publish(range: OffsetRange, publications: Publication[]): Promise<Position> {
    const revocations = publications.flatMap(({ revocation }) => revocation ?? []);
    if (revocations.length > 0) await this.#revoke(revocations);
    const position = await this.#run(range, publications);
    this.#acknowledged.set(range.partition, range.last);
    return position;
  }

  /**
   * Makes sure that the log has an epoch, so that gateways have a position even before the first event, and begins a new
   * one where Redis has older data than it had acknowledged. A publisher that has seen nothing yet takes a restart of
   * Redis for that, as it cannot know better. Any other asks Redis for every offset that was acknowledged to it: `seq`
   * alone would not tell, since another publisher may have gone on in the meantime.
   */
  async begin(): Promise<Position> {
    const info = await this.#redis.info('server');
    const position = await this.#run(noRange, [], { runId: /run_id:(\w+)/.exec(info)?.[1] ?? '' });
    for (const [partition, last] of this.#acknowledged) {
      // An empty stretch right after the acknowledged offset: the script begins a new epoch if it remembers an earlier one.
      const { epoch } = await this.#run({ partition, first: String(BigInt(last) + 1n), last }, []);
      if (epoch !== position.epoch) break;
    }
    return this.#last;
  }

  /** Begins a new epoch in any case: every client reads the snapshot again. */
  beginAnew(): Promise<Position> {
    return this.#run(noRange, [], { anew: true });
  }

  /** The last offset that was published of each partition, as Redis remembers it. */
  async remembered(): Promise<Map<string, number>> {
    return decodeState(await this.#redis.hgetall(this.#keys.state)).offsets;
  }

  /** Keeps revocations as long as an access token lives, for gateways that start in that time. */
  async #revoke(revocations: Timed<Revocation>[]): Promise<void> {
    const key = this.#keys.revocations;
    // One that is dated in the future, by a clock that is wrong, would stay until then.
    const now = Date.now();
    const results = await this.#redis
      .multi()
      .zadd(key, ...revocations.flatMap(({ at, ...ended }) => encodeRevocation({ ...ended, at: Math.min(at, now) })))
      .zremrangebyscore(key, '-inf', now - accessTokenMs)
      .pexpire(key, accessTokenMs)
      .exec();
    const failure = results?.find(([error]) => error)?.[0];
    if (failure) throw new Error('keeping revocations in redis failed', { cause: failure });
  }

  async #run(
    { partition, first, last }: OffsetRange,
    publications: Publication[],
    { anew = false, runId = '' } = {},
  ): Promise<Position> {
    const messages = publications.flatMap(({ offset, channel, text }) => [offset, `${this.#prefix}${channel}`, text]);
    const given = [
      ...[this.#keys.state, this.#keys.log],
      ...[stateFields.epoch, stateFields.seq, stateFields.run, entryFields.channel, entryFields.message],
      ...[partition, first, last, anew ? '1' : '', randomUUID(), this.#last.epoch, this.#last.seq],
      ...[this.#length, runId, ...messages],
    ];
    const [epoch, seq] = answer.parse(await this.#call(given));
    if (epoch !== this.#last.epoch) this.#acknowledged.clear();
    this.#last = { epoch, seq };
    return this.#last;
  }

  /** Runs the script by its digest, which is 3 kB shorter; a Redis that has just started does not know it yet. */
  async #call(given: (string | number)[]): Promise<unknown> {
    try {
      return await this.#redis.evalsha(digest, 2, ...given);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.#redis.eval(script, 2, ...given);
    }
  }
}
