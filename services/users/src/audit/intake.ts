import { type SecurityEvent, securityEvent } from '@live-orders/contracts/audit/security-events.ts';
import { securityEventStream } from '@live-orders/contracts/redis/keyspace.ts';
import { isBadValue } from '@live-orders/runtime/database/sql-state.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Redis } from '@live-orders/runtime/redis.ts';
import type { AuditTrail } from './trail.ts';

const batchSize = 200;
const pollMs = 1_000;

/**
 * Takes the security events of orders and gateway out of Redis into the table. They leave Redis once they are committed, so
 * none is lost when this process or the database fails in between. One that is taken twice, also by another replica, has the
 * id of a row that is there.
 */
export class AuditIntake implements Task {
  readonly name = 'audit intake';
  readonly #redis: Redis;
  readonly #key: string;
  readonly #trail: AuditTrail;
  readonly #log: Log;
  #isFailing = false;

  constructor(redis: Redis, prefix: string, trail: AuditTrail, log: Log) {
    this.#redis = redis;
    this.#key = securityEventStream(prefix);
    this.#trail = trail;
    this.#log = log;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        while ((await this.#take()) === batchSize);
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing)
          this.#log.warn({ err: error }, 'taking security events out of redis failed, trying again');
        this.#isFailing = true;
      }
      await pause(pollMs, signal);
    }
  }

  async #take(): Promise<number> {
    const entries = await this.#redis.xrange(this.#key, '-', '+', 'COUNT', batchSize);
    if (entries.length === 0) return 0;
    await this.#insert(entries.flatMap(([, fields]) => this.#read(fields)));
    await this.#redis.xdel(this.#key, ...entries.map(([id]) => id));
    return entries.length;
  }

  /** Leaves out what PostgreSQL refuses though its schema lets it through, or one time in the year 0 would stop all that follow. */
  async #insert(events: SecurityEvent[]): Promise<void> {
    try {
      await this.#trail.insert(events);
    } catch (error) {
      if (!isBadValue(error)) throw error;
      if (events.length === 1) this.#log.warn({ err: error }, 'a security event in redis cannot be written');
      else for (const event of events) await this.#insert([event]);
    }
  }

  /** Nothing where the entry is none that this release knows. It stays in the log of the part that wrote it. */
  #read(fields: string[]): SecurityEvent[] {
    try {
      return [securityEvent.parse(JSON.parse(fields[1] ?? ''))];
    } catch (error) {
      this.#log.warn({ err: error }, 'a security event in redis cannot be read');
      return [];
    }
  }
}
