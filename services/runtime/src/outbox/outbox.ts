import { aggregates, type OutboxTable } from '@live-orders/contracts/domain/aggregates.ts';
import { eventCatalogue, type EventType, type EventValue } from '@live-orders/contracts/domain/events.ts';
import { type OutboxHealth, outboxHealth } from '@live-orders/contracts/domain/stream-lag.ts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { transact } from '../database/database.ts';
import type { Log } from '../process/log.ts';
import { requestContext } from '../process/request-context.ts';

/** An event that a service wants to happen, in the transaction of the change itself. */
export type NewEvent = { [T in EventType]: { type: T; value: EventValue<T> } }[EventType];

/** Rows that `measure` counts at most. */
const countedRows = 10_000;

/** How often a process that is not the leader tells the leader of new rows. */
const notifyEveryMs = 20;

/**
 * The transactional outbox of one service: `append` inside the transaction of the change, which `transact` commits and
 * then wakes the relay. Nothing is published any other way.
 */
export class Outbox {
  readonly table: OutboxTable;
  readonly #database: Sequelize;
  readonly #log: Log;
  #listeners = new Set<() => void>();
  #pendingNotify: NodeJS.Timeout | null = null;

  constructor(database: Sequelize, table: OutboxTable, log: Log) {
    this.#database = database;
    this.table = table;
    this.#log = log;
  }

  /** One change with its events: `work` in a transaction, done again where it lost a conflict. */
  async transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const result = await transact(this.#database, work, this.#log);
    this.wake();
    return result;
  }

  /**
   * Writes the events in their order, each with the request for which it is written. Call while the aggregate's row is
   * locked: the order per key follows from that.
   */
  async append(events: NewEvent[], transaction: Transaction): Promise<void> {
    const { sql, bind } = this.insertion(events);
    await this.#database.query(sql, { bind, transaction });
  }

  /**
   * The INSERT of `append` for a statement that writes other tables too, in the same round trip:
   *
   *     const { sql, bind } = outbox.insertion(events);
   *     database.query(`WITH placed AS (INSERT INTO orders …) ${sql}`, { bind: { ...ownValues, ...bind }, transaction });
   *
   * Its values are bound by name, and all names begin with `event_`. The order per key holds on the same condition as for
   * `append`.
   */
  insertion(events: NewEvent[]): { sql: string; bind: Record<string, string[] | string | null> } {
    const { request_id = null, traceparent = null } = requestContext.getStore() ?? {};
    return {
      sql: `INSERT INTO ${this.table} (event_id, type, topic, key, value, request_id, traceparent)
        SELECT *, $event_request::text, $event_trace::text FROM unnest($event_ids::uuid[], $event_types::text[],
          $event_topics::text[], $event_keys::text[], $event_values::json[])`,
      bind: {
        event_ids: events.map(() => uuidv7()),
        event_types: events.map(({ type }) => type),
        event_topics: events.map(({ type }) => aggregates[eventCatalogue[type].aggregate].topic),
        event_keys: events.map(({ value }) => value.id),
        event_values: events.map(({ value }) => JSON.stringify(value)),
        event_request: request_id,
        event_trace: traceparent,
      },
    };
  }

  /** Tells the relay that rows were committed: at once when it leads in this process, else by a coalesced NOTIFY. */
  wake(): void {
    if (this.#listeners.size > 0) {
      for (const listener of this.#listeners) listener();
      return;
    }
    // Not in the write transaction: NOTIFY takes a database-wide lock at commit. A lost one costs a poll's wait only.
    this.#pendingNotify ??= setTimeout(() => {
      this.#pendingNotify = null;
      this.#database.query(`NOTIFY ${this.table}`).catch((error: unknown) => {
        this.#log.debug({ err: error }, 'NOTIFY failed; the leader polls anyway');
      });
    }, notifyEveryMs).unref();
  }

  /** What waits and what was refused, each counted up to 10,000; null when the database does not tell. */
  async measure(): Promise<OutboxHealth | null> {
    try {
      const rows = await this.#database.query(
        `SELECT (SELECT count(*)::int FROM (SELECT FROM ${this.table} LIMIT $1) AS waiting) AS depth,
           coalesce((SELECT floor(extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8
             FROM ${this.table} ORDER BY id LIMIT 1), 0) AS oldest_ms,
           (SELECT count(*)::int FROM (SELECT FROM ${this.table}_dead LIMIT $1) AS refused) AS dead`,
        { bind: [countedRows], type: QueryTypes.SELECT },
      );
      return outboxHealth.parse(rows[0]);
    } catch (error) {
      this.#log.debug({ err: error }, 'the outbox cannot be measured');
      return null;
    }
  }

  /** The leading relay of this process listens here. Returns how to stop listening. */
  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
