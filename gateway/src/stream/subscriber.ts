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
import { accessTokenSeconds } from '@live-orders/contracts/rest/users.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { project } from '../fanout/audience.ts';
import type { Entry } from '../fanout/history.ts';
import { heartbeatMs, type Hub } from '../fanout/hub.ts';
import type { StreamState } from './stage-poll.ts';

const logPage = 1_000;
/** A command without an answer fails after 3 s, so that a silent Redis is noticed within 5 s. */
const checkMs = 2_000;
/** How often it is asked whether the bridge has begun a log. */
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
  readonly #stateNow: () => StreamState;
  readonly #redis: Redis;
  readonly #subscription: Redis;
  readonly #prefix: string;
  readonly #keys: ReturnType<typeof redisKeys>;
  readonly #replay: number;
  readonly #log: Log;
  #work: Promise<void> = Promise.resolve();
  #reaching: Promise<void> | null = null;
  #unreadable = 0;

  /** `subscription` is a connection of its own; `replay` is how many events are read from the log at the start. */
  constructor(plan: {
    hub: Hub;
    beat: () => StreamState;
    redis: Redis;
    subscription: Redis;
    prefix: string;
    replay: number;
    log: Log;
  }) {
    this.#hub = plan.hub;
    this.#stateNow = plan.beat;
    this.#redis = plan.redis;
    this.#subscription = plan.subscription;
    this.#prefix = plan.prefix;
    this.#keys = redisKeys(plan.prefix);
    this.#replay = plan.replay;
    this.#log = plan.log;
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
        (error: unknown) => this.#log.warn({ err: error }, 'subscribing is waiting for redis'),
      );
    await Promise.all([this.#check(signal), this.#beat(signal)]);
  }

  async #check(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.begun ? checkMs : beginMs, signal);
      await this.#enqueue(() => this.#catchUp());
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(heartbeatMs, signal);
      this.#hub.heartbeat(this.#stateNow());
    }
  }

  /** Catches up with the log when it is ahead of us as `position`, which a client brought, says. */
  async reach({ epoch, seq }: Position): Promise<void> {
    const isBehind = (): boolean => this.#hub.position.epoch === epoch && this.#hub.position.seq < seq;
    // All who wait share one look; the one under way may have begun before this position was given.
    for (let looks = 0; looks < 2 && isBehind(); looks += 1) {
      this.#reaching ??= this.#enqueue(() => this.#catchUp()).finally(() => (this.#reaching = null));
      await this.#reaching;
    }
  }

  /** Events after `seq` and before `before` as the log holds them; null when some are missing. */
  async readLog(seq: number, before: number): Promise<Entry[] | null> {
    const messages = await this.#range(seq + 1, before - 1);
    return (
      messages && messages.map((message) => ({ seq: message.seq, deliveries: project(message, message.times.bridged) }))
    );
  }

  /** One after the other: an event must not overtake the filling of a gap before it. */
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
    // One is enough to tell: a whole log may be of that kind.
    this.#log[this.#unreadable === 0 ? 'error' : 'debug'](
      { reason: z.prettifyError(result.error) },
      'an unreadable message on redis is set aside',
    );
    this.#unreadable += 1;
    return null;
  }

  /** After a reconnection: what is published from the answer on comes by itself, so the log has all the rest. */
  async #resume(): Promise<void> {
    await this.#isListening();
    await this.#catchUp();
  }

  /** Compares our position with the log's, and catches up. */
  async #catchUp(): Promise<void> {
    const listening = this.#isListening();
    await this.#readRevocations();
    const state = await this.#redis.hmget(this.#keys.state, stateFields.epoch, stateFields.seq);
    const position = decodePosition(state[0], state[1]);
    if (!position) {
      // Emptied, and the bridge has not been there since: what comes next cannot be known to follow.
      this.live = false;
      return;
    }
    if (!this.begun) await this.#begin(position);
    // What it brings is mostly what Pub/Sub has under way.
    else await this.#advance({ ...position, seq: position.seq + 1 });
    this.live = await listening;
  }

  /**
   * Whether Pub/Sub works, so that whatever is published from now on comes. A connection that is dead without knowing
   * leaves the question unanswered, and is then given up for a new one.
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

  /** Sessions that ended, also those of which Pub/Sub or a lost log said nothing. */
  async #readRevocations(): Promise<void> {
    const since = Date.now() - accessTokenSeconds * 1000;
    const reply = await this.#redis.zrangebyscore(this.#keys.revocations, since, '+inf', 'WITHSCORES');
    this.#hub.revoke(decodeRevocations(reply));
  }

  async #begin(position: Position): Promise<void> {
    const from = Math.max(0, position.seq - this.#replay);
    const messages = await this.#newest(from + 1, position.seq);
    this.#hub.reset({ epoch: position.epoch, seq: (messages[0]?.seq ?? position.seq + 1) - 1 }, 'new_epoch');
    for (const message of messages) this.#hub.remember(message);
    this.begun = true;
    this.#log.info({ ...position, replayable: messages.length }, 'following the stream');
  }

  /** Publishes everything before `next`, how many events that be, or resets the hub to it when they cannot be had. */
  async #advance(next: Position): Promise<number> {
    const { epoch, seq } = this.#hub.position;
    if (epoch === next.epoch && next.seq === seq + 1) return 0;
    const missing = epoch === next.epoch && next.seq > seq ? await this.#range(seq + 1, next.seq - 1) : null;
    if (missing) {
      for (const message of missing) this.#hub.publish(message);
      return missing.length;
    }
    this.#log.warn({ from: { epoch, seq }, to: next }, 'the stream cannot be continued; everybody resyncs');
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

  /** As `#range`, but without what is missing at its front. */
  async #newest(first: number, last: number): Promise<RedisMessage[]> {
    const oldest = await this.#redis.xrange(this.#keys.log, entryId(first), '+', 'COUNT', 1);
    const start = oldest[0] ? seqOfEntry(oldest[0][0]) : last + 1;
    return (await this.#range(start, last)) ?? [];
  }
}
