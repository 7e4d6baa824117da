import {
  type SecurityEvent,
  securityEvent as eventShape,
  securityEventCatalogue,
  type SecurityEventType,
} from '@live-orders/contracts/audit/security-events.ts';
import type { SecurityEntry, SecurityEventQuery } from '@live-orders/contracts/rest/security-events.ts';
import { logSecurityEvent, securityEvent, type Told } from '@live-orders/runtime/audit/security-event.ts';
import type { Sequelize, Transaction } from '@live-orders/runtime/database/database.ts';
import { type Binds, columnsOf, select, timestampColumn } from '@live-orders/runtime/database/select.ts';
import { readCursor, sortValues, toPage } from '@live-orders/runtime/http/cursor.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { z } from 'zod';

/** A row of `security_events`, but for the time until which it is kept. */
const eventRow = eventShape.extend({ created_at: timestampColumn });
const entryRow = eventRow.extend({ actor_email: z.string().nullable(), subject_email: z.string().nullable() });
const entryColumns = columnsOf(entryRow, 'e', { actor_email: 'actor.email', subject_email: 'subject.email' });
const columns = Object.keys(eventRow.shape).join(', ');

const newest = '-created_at';
/** So many rows are deleted by one statement, so that none takes long. */
const sweptAtOnce = 5_000;

/** The table of security events: rows are added and read, and deleted once their time is over. */
export class AuditTrail {
  readonly #database: Sequelize;
  readonly #log: Log;
  readonly #days: number;

  /** `days` is for how long rows are kept that are written from now on. */
  constructor(database: Sequelize, log: Log, days: number) {
    this.#database = database;
    this.#log = log;
    this.#days = days;
  }

  /**
   * Writes an event in the transaction of the change that it tells of, so that there is no such change without it; the log is
   * told once that is committed.
   */
  async add<T extends SecurityEventType>(type: T, told: Told<T>, transaction: Transaction): Promise<void> {
    const event = securityEvent(type, told);
    await this.insert([event], transaction);
    transaction.afterCommit(() => logSecurityEvent(this.#log, event));
  }

  /** Writes events that the log has been told of. One that is there already is left as it is. */
  async insert(events: SecurityEvent[], transaction?: Transaction): Promise<void> {
    await this.#database.query(
      `INSERT INTO security_events (${columns}, keep_until)
       SELECT ${columns}, e.created_at + make_interval(days => $days)
       FROM json_populate_recordset(NULL::security_events, $events) AS e
       ON CONFLICT (id) DO NOTHING`,
      { bind: { events: JSON.stringify(events), days: this.#days }, ...(transaction ? { transaction } : {}) },
    );
  }

  /** A page of events, newest first. Of 500,000 rows it takes 5 ms, by whichever filters. */
  async list(query: SecurityEventQuery): Promise<{ data: SecurityEntry[]; next_cursor: string | null }> {
    const { limit, cursor, user } = query;
    const [createdAt = null, id = null] = cursor ? readCursor(cursor, newest, sortValues.time) : [];
    const rows = await select(
      this.#database,
      entryRow,
      `SELECT ${entryColumns} FROM (${user === undefined ? this.#page() : this.#pageOfUser()}) e
       LEFT JOIN users actor ON actor.id = e.actor_id
       LEFT JOIN users subject ON subject.id = e.subject_id
       ORDER BY e.created_at DESC, e.id DESC LIMIT $most`,
      {
        ...{ createdAt, id, most: limit + 1 },
        type: query.type ?? null,
        address: query.address ?? null,
        from: query.created_from ?? null,
        to: query.created_to ?? null,
        ...(user === undefined ? {} : ofUser(user)),
      },
    );
    const entries = rows.map((row) => ({ ...row, outcome: securityEventCatalogue[row.type].outcome }));
    return toPage(entries, limit, newest, (row) => row.created_at);
  }

  /** Deletes rows whose time is over. */
  async sweep(): Promise<void> {
    let swept: unknown[];
    do {
      swept = await select(
        this.#database,
        z.object({ id: z.string() }),
        `DELETE FROM security_events WHERE id IN
           (SELECT id FROM security_events WHERE keep_until <= now() LIMIT $most) RETURNING id`,
        { most: sweptAtOnce },
      );
    } while (swept.length === sweptAtOnce);
  }

  #page(condition = 'true'): string {
    return `SELECT * FROM security_events
      WHERE ${condition}
        AND ($type::text IS NULL OR type = $type)
        AND ($address::text IS NULL OR address = $address)
        AND ($from::timestamptz IS NULL OR created_at >= $from)
        AND ($to::timestamptz IS NULL OR created_at < $to)
        AND ($createdAt::timestamptz IS NULL OR (created_at, id) < ($createdAt, $id::uuid))
      ORDER BY created_at DESC, id DESC LIMIT $most`;
  }

  /** Two pages, each by its own index; one condition with OR would sort all that a user ever did. */
  #pageOfUser(): string {
    const user = '(SELECT id FROM users WHERE id = $userId::uuid OR email = $email)';
    return `(${this.#page(`actor_id = ${user}`)}) UNION (${this.#page(`subject_id = ${user}`)})`;
  }
}

/** By id or by e-mail address. */
const ofUser = (user: string): Binds =>
  user.includes('@') ? { userId: null, email: user } : { userId: user, email: null };
