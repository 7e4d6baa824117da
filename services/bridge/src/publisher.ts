import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const script = readFileSync(join(import.meta.dirname, 'publish.lua'), 'utf8');
const answer = z.tuple([z.string(), z.number()]);

/** A message for Redis: `text` is a JSON object without its closing brace; the script adds `seq` and `epoch`. */
export interface Publication {
  offset: string;
  channel: string;
  text: string;
}

/** Records of one partition, by their offsets; `end` is the offset that the partition's next record will have. */
export interface OffsetRange {
  partition: string;
  first: string;
  last: string;
  end: string;
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

  constructor(redis: Redis, prefix: string, length: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#length = length;
  }

  /**
   * Publishes the records of a range, once however often it is called: what is at or below the partition's remembered
   * offset is skipped. Rejects when Redis does not acknowledge.
   */
  publish(range: OffsetRange, publications: Publication[]): Promise<LogState> {
    return this.#run(range, publications);
  }

  /** Makes sure that the log has an epoch, so that gateways have a position even before the first event. */
  begin(): Promise<LogState> {
    return this.#run({ partition: 'none', first: '-1', last: '-1', end: '0' }, []);
  }

  async #run({ partition, first, last, end }: OffsetRange, publications: Publication[]): Promise<LogState> {
    const keys = [`${this.#prefix}order_events:state`, `${this.#prefix}order_events:log`];
    const messages = publications.flatMap(({ offset, channel, text }) => [offset, `${this.#prefix}${channel}`, text]);
    const seen = [this.#last.epoch, this.#last.seq];
    const given = [partition, first, last, end, randomUUID(), ...seen, this.#length, ...messages];
    const [epoch, seq] = answer.parse(await this.#redis.eval(script, keys.length, ...keys, ...given));
    this.#last = { epoch, seq };
    return this.#last;
  }
}
