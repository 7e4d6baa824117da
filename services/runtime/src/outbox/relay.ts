import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import type pg from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { backoff, pause } from '../process/backoff.ts';
import { FencedProducer } from '../kafka/fenced-producer.ts';
import { ensureTopics } from '../kafka/topics.ts';
import type { OutgoingRecord } from '../kafka/outgoing-record.ts';
import type { Kafka, KafkaSettings } from '../kafka/client.ts';
import { refusalOf } from '../kafka/refusals.ts';
import { during } from '../process/during.ts';
import { Leadership } from './leadership.ts';
import type { Log } from '../process/log.ts';
import { registerGauges } from '../process/metrics.ts';
import type { Outbox } from './outbox.ts';
import { eventIdOf, nextBatch, outboxRow, type OutboxRow, toRecord } from './outbox-row.ts';
import type { Task } from '../process/run.ts';

/** Rows that are read at once. */
const batchRows = 500;
/** How long new rows wait at most: whether there are some is learned by reading; a wake-up only makes that early. */
const pollMs = 1_000;

const outboxGauges = {
  outbox_depth: 'Rows that wait, counted up to 10,000',
  outbox_oldest_ms: 'Age of the row that has waited longest',
  outbox_dead: 'Rows that Kafka refused, counted up to 10,000',
};

/**
 * Carries a service's outbox to Kafka, each row exactly once. Of all replicas one leads: it holds a session lock on the
 * very connection that it reads and deletes with. Rows go in insertion order, one awaited batch at a time, and are
 * deleted once Kafka has them; a failure stops everything behind it, so that no later event of a key overtakes an
 * earlier one. A former leader that hung and goes on later cannot write any more: Kafka refuses it. What of the last
 * batch before a failure arrived is found at the ends of the topics.
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
  readonly #topics: string[];
  readonly #log: Log;
  readonly #relayed: Counter;
  readonly #failures: Counter;
  /** How many rows are to be sent one by one, because Kafka refused them as a batch, to find the one it refuses. */
  #singly = 0;

  constructor(options: {
    outbox: Outbox;
    databaseUrl: string;
    kafka: Kafka;
    settings: KafkaSettings;
    source: string;
    log: Log;
    metrics: Registry;
  }) {
    this.#outbox = options.outbox;
    this.#databaseUrl = options.databaseUrl;
    this.#kafka = options.kafka;
    this.#settings = options.settings;
    this.#source = options.source;
    const own = Object.values(aggregates).filter(({ outbox }) => outbox === options.outbox.table);
    this.#topics = own.map(({ topic }) => `${options.settings.KAFKA_PREFIX}${topic}`);
    this.#log = options.log;
    const registers = [options.metrics];
    this.#relayed = new Counter({ name: 'outbox_relayed_total', help: 'Rows that Kafka acknowledged', registers });
    this.#failures = new Counter({ name: 'outbox_failures_total', help: 'Failed terms and batches', registers });
    registerGauges(options.metrics, outboxGauges, async () => {
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
        this.#log[failures === 1 ? 'warn' : 'debug']({ err: error, failures }, 'relaying failed, trying again');
        await pause(backoff(failures, 2_000), signal);
      }
    }
  }

  /** One connection's life: wait for leadership, then drain the outbox until the signal or the first failure. */
  async #term(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { table } = this.#outbox;
    const leadership = new Leadership(this.#databaseUrl, `relay:${table}`, this.#log);
    const { wakeup, client } = leadership;
    const producer = new FencedProducer(this.#kafka, `${this.#settings.KAFKA_PREFIX}relay.${table}`, this.#topics);
    const wake = (): void => wakeup.wake();
    signal.addEventListener('abort', wake);
    let unsubscribe = (): void => {};
    try {
      if (!(await leadership.acquire(signal, () => (this.state = 'standby')))) return;
      unsubscribe = this.#outbox.onWake(wake);
      client.on('notification', wake);
      await during('listening for new rows', () => client.query(`LISTEN ${table}`));
      await during('creating topics', () => ensureTopics(this.#kafka, this.#settings));
      await this.#open(producer, client);
      this.state = 'leading';
      this.#log.info('leading the outbox');
      while (!signal.aborted) {
        leadership.check();
        wakeup.reset();
        const more = await this.#relayBatch(client, producer);
        onProgress();
        if (!more) await wakeup.wait(pollMs);
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', wake);
      await Promise.allSettled([producer.close(), leadership.release()]);
    }
  }

  /**
   * Shuts out earlier leaders, and deletes the rows that Kafka has already: those of a batch whose sender stopped, or was refused
   * a part of it, before it could. The newest records of each partition are enough, because nobody sends a batch before
   * the rows of the last one are deleted.
   */
  async #open(producer: FencedProducer, client: pg.Client): Promise<void> {
    const { table } = this.#outbox;
    await during('shutting out earlier relays', () => producer.open());
    const { rowCount: waiting } = await during('looking whether rows wait', () =>
      client.query(`SELECT FROM ${table} LIMIT 1`),
    );
    if (!waiting) return;
    const sent = await during('reading what Kafka has', () => producer.newest(batchRows, eventIdOf));
    const { rowCount } = await during('deleting rows that Kafka has', () =>
      client.query(`DELETE FROM ${table} WHERE event_id = ANY($1::uuid[])`, [sent]),
    );
    if (!rowCount) return;
    this.#relayed.inc(rowCount);
    this.#log.info({ rows: rowCount }, 'deleted rows that kafka has already');
  }

  /**
   * Sends the next rows and deletes them; gives whether more may wait. They are read after the producer was opened, so
   * that a leader who was opened later, and may have sent them, has shut this one out.
   */
  async #relayBatch(client: pg.Client, producer: FencedProducer): Promise<boolean> {
    if (!producer.isOpen) await this.#open(producer, client);
    const limit = this.#singly > 0 ? 1 : batchRows;
    const rows = await during('reading the outbox', () => this.#read(client, limit));
    const [first] = rows;
    if (!first) return false;
    const batch = nextBatch(rows);
    const records = batch.map((row) => toRecord(row, this.#source, this.#settings.KAFKA_PREFIX));
    const refusal = await during('sending to Kafka', () => this.#send(producer, records));
    if (refusal && batch.length > 1) {
      this.#singly = batch.length;
      return true;
    }
    if (refusal) await during('setting a refused row aside', () => this.#setAside(client, first, refusal));
    else await during('deleting rows that Kafka has', () => this.#delete(client, batch));
    this.#singly = Math.max(0, this.#singly - 1);
    return batch.length < rows.length || rows.length === limit;
  }

  // This statement and the next are named, so that they are planned once for a connection, which is what took most of them.
  async #read(client: pg.Client, limit: number): Promise<OutboxRow[]> {
    const answer = await client.query({
      name: 'read the outbox',
      text: `SELECT id, event_id, type, topic, key, value::text, created_at, request_id, traceparent
       FROM ${this.#outbox.table} ORDER BY id LIMIT $1`,
      values: [limit],
    });
    return z.array(outboxRow).parse(answer.rows);
  }

  async #delete(client: pg.Client, rows: OutboxRow[]): Promise<void> {
    await client.query({
      name: 'delete from the outbox',
      text: `DELETE FROM ${this.#outbox.table} WHERE id = ANY($1::bigint[])`,
      values: [rows.map(({ id }) => id)],
    });
    this.#relayed.inc(rows.length);
  }

  /** Why Kafka will never take the records; null when it has them. Rejects for a failure that may pass. */
  async #send(producer: FencedProducer, records: OutgoingRecord[]): Promise<string | null> {
    const stray = records.find(({ topic }) => !this.#topics.includes(topic));
    if (stray) return `there is no topic ${stray.topic}`;
    try {
      await producer.send(records);
      return null;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return refusal;
    }
  }

  /** Moves a row that would hold up all others for ever to the table of dead events, for a person to look at. */
  async #setAside(client: pg.Client, row: OutboxRow, reason: string): Promise<void> {
    const { table } = this.#outbox;
    const columns = 'id, event_id, type, topic, key, value, created_at, request_id, traceparent';
    await client.query(
      `WITH refused AS (DELETE FROM ${table} WHERE id = $1 RETURNING ${columns})
       INSERT INTO ${table}_dead (${columns}, reason) SELECT ${columns}, $2 FROM refused`,
      [row.id, reason],
    );
    const { value: _value, created_at: _created_at, ...told } = row;
    this.#log.error({ ...told, reason }, `kafka refuses an event: it is in ${table}_dead`);
  }
}
