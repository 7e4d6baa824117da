import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import {
  decodeEntry,
  decodePosition,
  decodeRevocations,
  entryId,
  redisKeys,
  seqOfEntry,
  stateFields,
} from '@live-orders/contracts/redis/keyspace.ts';
import { redisMessage, type RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import type { Position } from '@live-orders/contracts/socket/position.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { project } from '../fanout/audience.ts';
import type { Entry } from '../fanout/history.ts';
import type { Hub } from '../fanout/hub.ts';

/** How many entries of the log are read at once. */
const logPage = 1_000;
/** A command without an answer fails after 3 s, so with a check every 2 s a silent Redis is noticed within 5 s. */
const checkMs = 2_000;
/** How often Redis is asked whether there is a log, as long as the bridge has begun none. */
const beginMs = 200;

/**
 * Follows the bridge's channels and hands every event to the hub, in the order of `seq` and without gaps: what Redis'
 * Pub/Sub did not bring is read from the log, and what is no longer in the log makes everybody resync. The position is
 * checked every 2 s, because a dead subscription looks just like a quiet one.
 */
export class Subscriber implements Task {
  readonly name = 'subscriber';
  /** Whether Redis answered the last check. */
  live = false;
  /** Whether the position in the stream is known, so that clients can be welcomed. */
  begun = false;
  readonly #hub: Hub;
  readonly #redis: Redis;
  readonly #subscription: Redis;
  readonly #prefix: string;
  readonly #keys: ReturnType<typeof redisKeys>;
  readonly #replay: number;
  readonly #log: Log;
  #work: Promise<void> = Promise.resolve();
  #reaching: Promise<void> | null = null;
  #unreadable = 0;

  /** `subscription` is a connection to Redis of its own; `replay` is how many events are read from the log at the start. */
  constructor(options: { hub: Hub; redis: Redis; subscription: Redis; prefix: string; replay: number; log: Log }) {
    this.#hub = options.hub;
    this.#redis = options.redis;
    this.#subscription = options.subscription;
    this.#prefix = options.prefix;
    this.#keys = redisKeys(options.prefix);
    this.#replay = options.replay;
    this.#log = options.log;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#subscription.on('message', (_channel: string, text: string) => void this.#enqueue(() => this.#receive(text)));
    this.#subscription.on('ready', () => void this.#enqueue(() => this.#resume()));
    this.#subscription.on('close', () => (this.live = false));
    // ioredis subscribes again by itself after each reconnection.
    void this.#subscription
      .subscribe(...Object.values(aggregates).map(({ channel }) => `${this.#prefix}${channel}`))
      .then(
        () => this.#enqueue(() => this.#catchUp()),
        (error: unknown) => this.#log.warn({ err: error }, 'subscribing to the stream waits for redis'),
      );
    while (!signal.aborted) {
      await pause(this.begun ? checkMs : beginMs, signal);
      await this.#enqueue(() => this.#catchUp());
    }
  }

  /** Catches up with the log if a position that a client brought is ahead of the hub's. */
  async reach({ epoch, seq }: Position): Promise<void> {
    const isBehind = (): boolean => this.#hub.position.epoch === epoch && this.#hub.position.seq < seq;
    // All who wait share one look at the log. A look that is under way may have begun before this position was given out, so
    // a second one may be needed.
    for (let looks = 0; looks < 2 && isBehind(); looks += 1) {
      this.#reaching ??= this.#enqueue(() => this.#catchUp()).finally(() => (this.#reaching = null));
      await this.#reaching;
    }
  }

  /** The log's events after `seq` and before `before`; null when some of them are missing. */
  async readLog(seq: number, before: number): Promise<Entry[] | null> {
    const messages = await this.#range(seq + 1, before - 1);
    return (
      messages && messages.map((message) => ({ seq: message.seq, deliveries: project(message, message.times.bridged) }))
    );
  }

  /** Runs steps one after the other: an event must not overtake the filling of a gap before it. */
  #enqueue(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      if (this.live) this.#log.warn({ err: error }, 'following the stream failed; the next check tries again');
      this.live = false;
    });
    return this.#work;
  }

  async #receive(text: string): Promise<void> {
    const message = this.#parse(text);
    if (!message || !this.begun) return;
    const { epoch, seq } = this.#hub.position;
    if (message.epoch !== epoch || message.seq > seq + 1) {
      const events = await this.#advance(message);
      if (events > 0) this.#log.info({ events }, 'filled a gap from the log');
    }
    if (message.epoch === this.#hub.position.epoch && message.seq === this.#hub.position.seq + 1)
      this.#hub.publish(message);
  }

  #parse(text: string): RedisMessage | null {
    const result = redisMessage.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    // The first one is reported as an error and the rest is not: a whole log may be unreadable.
    this.#log[this.#unreadable === 0 ? 'error' : 'debug'](
      { reason: z.prettifyError(result.error) },
      'reading a message from redis failed, so it is left out',
    );
    this.#unreadable += 1;
    return null;
  }

  /** After a reconnection: once the subscription answers, what is published comes by itself; all before is in the log. */
  async #resume(): Promise<void> {
    await this.#isListening();
    await this.#catchUp();
  }

  /** Compares the hub's position with the log's, and catches up. */
  async #catchUp(): Promise<void> {
    const listening = this.#isListening();
    await this.#readRevocations();
    const state = await this.#redis.hmget(this.#keys.state, stateFields.epoch, stateFields.seq);
    const position = decodePosition(state[0], state[1]);
    if (!position) {
      // Redis was emptied, and the bridge has not written since: whether what comes next follows cannot be known.
      this.live = false;
      return;
    }
    if (!this.begun) await this.#begin(position);
    // What this finds missing is mostly on its way by Pub/Sub, so it is no gap for the log file to tell of.
    else await this.#advance({ ...position, seq: position.seq + 1 });
    this.live = await listening;
  }

  /**
   * Whether Pub/Sub works, so that whatever is published from now on comes. A connection that is dead without knowing it
   * leaves the question unanswered; ioredis then gives it up for a new one.
   */
  async #isListening(): Promise<boolean> {
    if (this.#subscription.status !== 'ready') return false;
    try {
      await this.#subscription.ping();
      return true;
    } catch (error) {
      this.#log.warn({ err: error }, 'the subscription does not answer; events are read from the log meanwhile');
      return false;
    }
  }

  /** Reads which sessions ended in the life of a token, also those of which neither Pub/Sub nor the log told. */
  async #readRevocations(): Promise<void> {
    const reply = await this.#redis.zrangebyscore(this.#keys.revocations, '-inf', '+inf', 'WITHSCORES');
    this.#hub.revoke(decodeRevocations(reply));
  }

  /** Begins at the log's position, with the newest events of the log in memory. */
  async #begin(position: Position): Promise<void> {
    const from = Math.max(0, position.seq - this.#replay);
    const messages = await this.#newest(from + 1, position.seq);
    this.#hub.reset({ epoch: position.epoch, seq: (messages[0]?.seq ?? position.seq + 1) - 1 }, 'new_epoch');
    for (const message of messages) this.#hub.remember(message);
    this.begun = true;
    this.#log.info({ ...position, replayable: messages.length }, 'following the stream');
  }

  /**
   * Publishes the log's events between the hub's position and `next`, and returns how many those were. When they cannot be had
   * in full, resets the hub to the position before `next`.
   */
  async #advance(next: Position): Promise<number> {
    const { epoch, seq } = this.#hub.position;
    if (epoch === next.epoch && next.seq === seq + 1) return 0;
    const missing = epoch === next.epoch && next.seq > seq ? await this.#range(seq + 1, next.seq - 1) : null;
    if (missing) {
      for (const message of missing) this.#hub.publish(message);
      return missing.length;
    }
    // Where everything was stopped, the gateway is often there before the bridge, which then begins a new epoch.
    const level = this.#hub.size > 0 ? 'warn' : 'info';
    this.#log[level](
      { from: { epoch, seq }, to: next, clients: this.#hub.size },
      'the stream cannot be continued; everybody resyncs',
    );
    await this.#readRevocations();
    this.#hub.reset({ epoch: next.epoch, seq: next.seq - 1 }, epoch === next.epoch ? 'gap' : 'new_epoch');
    return 0;
  }

  /** The log's messages from `first` to `last`, or null unless every one of them is there. */
  async #range(first: number, last: number): Promise<RedisMessage[] | null> {
    const messages: RedisMessage[] = [];
    for (let from = first; from <= last; from += logPage) {
      const to = Math.min(last, from + logPage - 1);
      const page = await this.#redis.xrange(this.#keys.log, entryId(from), entryId(to));
      for (const [, fields] of page) {
        const message = this.#parse(decodeEntry(fields).message ?? 'null');
        if (message) messages.push(message);
      }
      if (messages.length !== to - first + 1) return null;
    }
    return messages;
  }

  /** The log's messages up to `last`, from `first` or from the oldest one that the log still has. */
  async #newest(first: number, last: number): Promise<RedisMessage[]> {
    const oldest = await this.#redis.xrange(this.#keys.log, entryId(first), '+', 'COUNT', 1);
    const start = oldest[0] ? seqOfEntry(oldest[0][0]) : last + 1;
    return (await this.#range(start, last)) ?? [];
  }
}
