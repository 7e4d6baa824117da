import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const script = readFileSync(join(import.meta.dirname, 'publish.lua'), 'utf8');
const answer = z.tuple([z.string(), z.number()]);
const accessTokenMs = accessTokenSeconds * 1000;

/** Who lost a session, as JSON text, and when (ms since the epoch). */
export interface Revocation {
  member: string;
  at: number;
}

/** A message for Redis: `text` is a JSON object without its closing brace; the script adds `seq` and `epoch`. */
export interface Publication {
  offset: string;
  channel: string;
  text: string;
  revocation: Revocation | null;
}

/** A stretch of one partition without a hole: records, and whatever else has an offset in it. */
export interface OffsetRange {
  partition: string;
  first: string;
  last: string;
}

/** Where the log stands. */
export interface LogState {
  epoch: string;
  seq: number;
}

/**
 * The log of all events in Redis: `order_events:log`, a stream of at most about `length` messages with ids `<seq>-0`,
 * and `order_events:state`, a hash of epoch, seq and the last offset of each partition.
 */
export class Publisher {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #length: number;
  #last: LogState = { epoch: '', seq: 0 };
  /** The last offset of each partition that Redis acknowledged to this publisher in the epoch it saw last. */
  readonly #acknowledged = new Map<string, string>();

  constructor(redis: Redis, prefix: string, length: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#length = length;
  }

  /**
   * Publishes the records of a range, once however often it is called: what is at or below the partition's remembered
   * offset is skipped. Rejects when Redis does not acknowledge.
   */
  async publish(range: OffsetRange, publications: Publication[]): Promise<LogState> {
    const revocations = publications.flatMap(({ revocation }) => revocation ?? []);
    if (revocations.length > 0) await this.#revoke(revocations);
    const state = await this.#run(range, publications);
    this.#acknowledged.set(range.partition, range.last);
    return state;
  }

  /**
   * Makes sure that the log has an epoch, so that gateways have a position even before the first event. A publisher that
   * has seen nothing yet begins a new one when Redis was restarted, for it may have come back with older data; any other
   * looks whether it remembers what it acknowledged, even when another publisher has gone on since.
   */
  async begin(): Promise<LogState> {
    const info = await this.#redis.info('server');
    const state = await this.#run(noRange, [], { runId: /run_id:(\w+)/.exec(info)?.[1] ?? '' });
    for (const [partition, last] of this.#acknowledged) {
      // Nothing after it: only that Redis knows it.
      const { epoch } = await this.#run({ partition, first: String(BigInt(last) + 1n), last }, []);
      if (epoch !== state.epoch) break;
    }
    return this.#last;
  }

  /** Begins a new epoch: everybody reads the snapshot anew. */
  beginAnew(): Promise<LogState> {
    return this.#run(noRange, [], { anew: true });
  }

  /** The last offset that was published of each partition. */
  async remembered(): Promise<Map<string, number>> {
    const state = await this.#redis.hgetall(this.#keys[0]);
    return new Map(
      Object.entries(state).flatMap(([name, value]) => (name.includes(':') ? [[name, Number(value)]] : [])),
    );
  }

  /** Keeps who lost a session, for gateways that start while the tokens of that time live. */
  async #revoke(revocations: Revocation[]): Promise<void> {
    const key = `${this.#prefix}revocations`;
    await this.#redis
      .multi()
      .zadd(key, ...revocations.flatMap(({ member, at }) => [at, member]))
      .zremrangebyscore(key, '-inf', Date.now() - accessTokenMs)
      .pexpire(key, accessTokenMs)
      .exec();
  }

  get #keys(): [state: string, log: string] {
    return [`${this.#prefix}order_events:state`, `${this.#prefix}order_events:log`];
  }

  async #run(
    { partition, first, last }: OffsetRange,
    publications: Publication[],
    { anew = false, runId = '' } = {},
  ): Promise<LogState> {
    const messages = publications.flatMap(({ offset, channel, text }) => [offset, `${this.#prefix}${channel}`, text]);
    const seen = [this.#last.epoch, this.#last.seq];
    const given = [partition, first, last, anew ? '1' : '', randomUUID(), ...seen, this.#length, runId, ...messages];
    const keys = this.#keys;
    const [epoch, seq] = answer.parse(await this.#redis.eval(script, keys.length, ...keys, ...given));
    if (epoch !== this.#last.epoch) this.#acknowledged.clear();
    this.#last = { epoch, seq };
    return this.#last;
  }
}

const noRange: OffsetRange = { partition: 'none', first: '-1', last: '-1' };
