import { createHash } from 'node:crypto';
import { relayTopic } from '@live-orders/contracts/kafka/topics.ts';
import type pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { backoff, pause } from '../process/backoff.ts';
import { FencedSender } from '../kafka/fenced-sender.ts';
import { ensureTopics } from '../kafka/topics.ts';
import type { OutgoingRecord } from '../kafka/batch-producer.ts';
import type { Kafka, KafkaSettings } from '../kafka/client.ts';
import { refusalOf } from '../kafka/refusals.ts';
import { Leadership } from './leadership.ts';
import type { Log } from '../process/log.ts';
import { registerGauges } from '../process/metrics.ts';
import type { Outbox } from './outbox.ts';
import type { Task } from '../process/run.ts';

/** The ids of so many rows are a note of 4 kB at most, which is what Kafka takes. */
const batchRows = 200;
/** The poll is the truth; signals only make it early. */
const pollMs = 1_000;

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

const toRecord = (row: OutboxRow, source: string, prefix: string): OutgoingRecord => ({
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

const outboxGauges = {
  outbox_depth: 'Rows that wait, counted up to 10,000',
  outbox_oldest_ms: 'Age of the row that has waited longest',
  outbox_dead: 'Rows that Kafka refused, counted up to 10,000',
};

/** Which rows a batch was. The digest of their events tells them from rows of another database with the same ids. */
const noteOf = (rows: OutboxRow[]): string => {
  const digest = createHash('md5')
    .update(rows.map((row) => row.event_id).join())
    .digest('hex');
  return `${digest} ${rows.map((row) => row.id).join()}`;
};

/**
 * Carries a service's outbox to Kafka, each row exactly once. Of all replicas one leads: it holds a session lock on the
 * very connection that it reads and deletes with. Rows go in insertion order, one awaited batch at a time, and are
 * deleted once Kafka has them; a failure stops the line, so that no later event of a key overtakes an earlier one. What
 * a former leader, who hangs and does not know, sends late is refused by Kafka. Whether the last batch before a failure
 * arrived is told by the note that was committed with it.
 */
export class Relay implements Task {
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
  /** So many rows are yet to be sent one by one, because Kafka refused them as a batch. */
  #singly = 0;

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
    registerGauges(plan.metrics, outboxGauges, async () => {
      const measured = await this.#outbox.measure();
      return (
        measured && { outbox_depth: measured.depth, outbox_oldest_ms: measured.oldest_ms, outbox_dead: measured.dead }
      );
    });
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
    const { table } = this.#outbox;
    const prefix = this.#settings.KAFKA_PREFIX;
    const leadership = new Leadership(this.#databaseUrl, `relay:${table}`, this.#log);
    const { bell, client } = leadership;
    const sender = new FencedSender(this.#kafka, `${prefix}relay.${table}`, `${prefix}${relayTopic}`);
    const ring = (): void => bell.ring();
    signal.addEventListener('abort', ring);
    let unsubscribe = (): void => {};
    try {
      if (!(await leadership.acquire(signal, () => (this.state = 'standby')))) return;
      unsubscribe = this.#outbox.onWake(ring);
      client.on('notification', ring);
      await client.query(`LISTEN ${table}`);
      const topics = new Set(await ensureTopics(this.#kafka, this.#settings));
      await sender.open();
      await this.#deleteSent(client, await sender.lastNote());
      this.state = 'leading';
      this.#log.info('leading the outbox');
      while (!signal.aborted) {
        leadership.check();
        bell.reset();
        const more = await this.#relayBatch(client, sender, topics);
        onProgress();
        if (!more) await bell.wait(pollMs);
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', ring);
      await Promise.allSettled([sender.close(), leadership.release()]);
    }
  }

  /** The rows of the last batch, where whoever sent it could not delete them any more. */
  async #deleteSent(client: pg.Client, note: string | null): Promise<void> {
    const [digest, ids] = note?.split(' ') ?? [];
    if (!digest || !ids) return;
    const { table } = this.#outbox;
    const { rowCount } = await client.query(
      `DELETE FROM ${table} WHERE id = ANY($1::bigint[]) AND $2 = (
         SELECT md5(string_agg(event_id::text, ',' ORDER BY id)) FROM ${table} WHERE id = ANY($1::bigint[]))`,
      [ids.split(','), digest],
    );
    if (!rowCount) return;
    this.#relayed.inc(rowCount);
    this.#log.info({ rows: rowCount }, 'kafka has these rows already');
  }

  /** Whether more rows may wait. The rows are read after the sender was opened: a later leader would have shut it out. */
  async #relayBatch(client: pg.Client, sender: FencedSender, topics: Set<string>): Promise<boolean> {
    await sender.open();
    const limit = this.#singly > 0 ? 1 : batchRows;
    const answer = await client.query(
      `SELECT id, event_id, type, topic, key, value::text, created_at FROM ${this.#outbox.table} ORDER BY id LIMIT $1`,
      [limit],
    );
    const rows = z.array(outboxRow).parse(answer.rows);
    const [first] = rows;
    if (!first) return false;
    const records = rows.map((row) => toRecord(row, this.#source, this.#settings.KAFKA_PREFIX));
    const refusal = await this.#send(sender, records, noteOf(rows), topics);
    if (refusal && rows.length > 1) {
      this.#singly = rows.length;
      return true;
    }
    if (refusal) await this.#setAside(client, first, refusal);
    else {
      await client.query(`DELETE FROM ${this.#outbox.table} WHERE id = ANY($1::bigint[])`, [rows.map(({ id }) => id)]);
      this.#relayed.inc(rows.length);
    }
    this.#singly = Math.max(0, this.#singly - 1);
    return rows.length === limit;
  }

  /** Why Kafka will never take the records; null when it has them. Rejects for what may pass. */
  async #send(
    sender: FencedSender,
    records: OutgoingRecord[],
    note: string,
    topics: Set<string>,
  ): Promise<string | null> {
    const stray = records.find(({ topic }) => !topics.has(topic));
    if (stray) return `there is no topic ${stray.topic}`;
    try {
      await sender.send(records, note);
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return refusal;
    }
  }

  /** A row that would hold up all others for ever waits elsewhere, for somebody to look at it. */
  async #setAside(client: pg.Client, row: OutboxRow, reason: string): Promise<void> {
    const { table } = this.#outbox;
    const columns = 'id, event_id, type, topic, key, value, created_at';
    await client.query(
      `WITH refused AS (DELETE FROM ${table} WHERE id = $1 RETURNING ${columns})
       INSERT INTO ${table}_dead (${columns}, reason) SELECT ${columns}, $2 FROM refused`,
      [row.id, reason],
    );
    const { id, event_id, type, topic, key } = row;
    this.#log.error({ id, event_id, type, topic, key, reason }, `kafka refuses an event: it is in ${table}_dead`);
  }
}
