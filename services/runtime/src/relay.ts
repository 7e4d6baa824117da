import pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { backoff, pause } from './backoff.ts';
import { ensureTopics, type Kafka, type KafkaSettings, type Outgoing, Sender } from './kafka.ts';
import type { Log } from './log.ts';
import type { Outbox } from './outbox.ts';
import type { Part } from './run.ts';

const batchRows = 500;
/** The poll is the truth; signals only make it early. */
const pollMs = 1_000;
const electionMs = 1_000;

const outboxRow = z.object({
  id: z.string(),
  event_id: z.string(),
  type: z.string(),
  topic: z.string(),
  key: z.string(),
  value: z.string(),
  created_at: z.date(),
});
type OutboxRow = z.infer<typeof outboxRow>;

const toRecord = (row: OutboxRow, source: string, prefix: string): Outgoing => ({
  topic: `${prefix}${row.topic}`,
  key: row.key,
  value: row.value,
  headers: {
    ce_id: row.event_id,
    ce_type: row.type,
    ce_source: source,
    ce_subject: row.key,
    ce_time: row.created_at.toISOString(),
    ce_specversion: '1.0',
    'content-type': 'application/json',
  },
});

/**
 * Carries a service's outbox to Kafka. Of all replicas one leads: it holds a session advisory lock on the very
 * connection that it reads and deletes with, so that a lost lock is a lost connection. Rows go in insertion order, one
 * awaited batch at a time, and are deleted once the broker has acknowledged them; a failure stops the line, so that no
 * later event of a key overtakes an earlier one.
 */
export class Relay implements Part {
  readonly name = 'relay';
  /** `failing` means that Kafka or the database cannot be reached; nothing is lost, rows wait. */
  state: 'starting' | 'standby' | 'leading' | 'failing' = 'starting';
  readonly #outbox: Outbox;
  readonly #databaseUrl: string;
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #source: string;
  readonly #log: Log;
  readonly #relayed: Counter;
  readonly #failures: Counter;

  constructor(plan: {
    outbox: Outbox;
    databaseUrl: string;
    kafka: Kafka;
    settings: KafkaSettings;
    source: string;
    log: Log;
    metrics: Registry;
  }) {
    this.#outbox = plan.outbox;
    this.#databaseUrl = plan.databaseUrl;
    this.#kafka = plan.kafka;
    this.#settings = plan.settings;
    this.#source = plan.source;
    this.#log = plan.log;
    const registers = [plan.metrics];
    this.#relayed = new Counter({ name: 'outbox_relayed_total', help: 'Rows that Kafka acknowledged', registers });
    this.#failures = new Counter({ name: 'outbox_failures_total', help: 'Failed terms and batches', registers });
    const isLeading = (): number => Number(this.state === 'leading');
    new Gauge({
      name: 'outbox_leading',
      help: '1 while this process leads',
      registers,
      collect() {
        this.set(isLeading());
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#term(signal, () => (failures = 0));
      } catch (error) {
        failures += 1;
        this.state = 'failing';
        this.#failures.inc();
        this.#log[failures === 1 ? 'warn' : 'debug']({ err: error, failures }, 'relay stopped, trying again');
        await pause(backoff(failures, 2_000), signal);
      }
    }
  }

  /** One connection's life: wait for leadership, then drain the outbox until the signal or the first failure. */
  async #term(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      application_name: `${this.#outbox.table} relay`,
      connectionTimeoutMillis: 3_000,
      query_timeout: 10_000,
      keepAlive: true,
    });
    const bell = new Bell();
    const lost: Error[] = [];
    client.on('error', (error) => {
      lost.push(error);
      bell.ring();
    });
    const sender = new Sender(this.#kafka);
    const stopListening = (): void => bell.ring();
    signal.addEventListener('abort', stopListening);
    let unsubscribe = (): void => {};
    try {
      await client.connect();
      if (!(await this.#elected(client, bell, signal, lost))) return;
      unsubscribe = this.#outbox.onWake(() => bell.ring());
      client.on('notification', () => bell.ring());
      await client.query(`LISTEN ${this.#outbox.table}`);
      await ensureTopics(this.#kafka, this.#settings);
      this.state = 'leading';
      this.#log.info('leading the outbox');
      while (!signal.aborted) {
        if (lost[0]) throw lost[0];
        bell.reset();
        const full = await this.#relayBatch(client, sender);
        onProgress();
        if (!full) await bell.wait(pollMs);
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', stopListening);
      await Promise.allSettled([sender.close(), client.end()]);
    }
  }

  async #elected(client: pg.Client, bell: Bell, signal: AbortSignal, lost: Error[]): Promise<boolean> {
    while (!signal.aborted) {
      if (lost[0]) throw lost[0];
      const answer = await client.query('SELECT pg_try_advisory_lock(hashtext($1)) AS won', [
        `relay:${this.#outbox.table}`,
      ]);
      if (z.array(z.object({ won: z.boolean() })).parse(answer.rows)[0]?.won) return true;
      this.state = 'standby';
      bell.reset();
      await bell.wait(electionMs);
    }
    return false;
  }

  /** Whether the batch was full, so that more may wait. */
  async #relayBatch(client: pg.Client, sender: Sender): Promise<boolean> {
    const answer = await client.query(
      `SELECT id, event_id, type, topic, key, value::text, created_at FROM ${this.#outbox.table} ORDER BY id LIMIT $1`,
      [batchRows],
    );
    const rows = z.array(outboxRow).parse(answer.rows);
    if (rows.length === 0) return false;
    await sender.send(rows.map((row) => toRecord(row, this.#source, this.#settings.KAFKA_PREFIX)));
    await client.query(`DELETE FROM ${this.#outbox.table} WHERE id = ANY($1::bigint[])`, [rows.map((row) => row.id)]);
    this.#relayed.inc(rows.length);
    return rows.length === batchRows;
  }
}

/** Something to wait for that may already have happened: a ring before `wait` is not lost. */
class Bell {
  #rung = false;
  #waiting: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  reset(): void {
    this.#rung = false;
  }

  wait(ms: number): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting?.(), ms);
      this.#waiting = () => {
        this.#waiting = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
