import pg from 'pg';
import { z } from 'zod';
import { during } from '../process/during.ts';
import { Wakeup } from './wakeup.ts';
import type { Log } from '../process/log.ts';

/** How often the holder sends a query to show that it lives, also while it waits for Kafka. */
const beatMs = 400;
/** A holder that has sent nothing for this long is taken for one that hangs. */
const hungMs = 1_200;
/** How often a process that waits looks. With the above, a holder that hangs is replaced in less than 2 s. */
const lookMs = 300;

const locked = z.array(z.object({ won: z.boolean() }));
const hung = z.array(z.object({ pid: z.int(), ended: z.boolean() }));

/** Ends the holder's connection if the server has waited for its client for too long; that sets the lock free. */
const endHung = `
  SELECT a.pid, pg_terminate_backend(a.pid) AS ended
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database()
    AND l.database = a.datid AND (l.classid::bigint << 32) | l.objid::bigint = hashtext($1)
    AND a.wait_event_type = 'Client' AND a.state_change < clock_timestamp() - $2 * interval '1 millisecond'`;

/**
 * The right to do something that one process at a time may do: a session advisory lock of PostgreSQL, held on the very
 * connection that the work is done with, so that a lost lock is a lost connection. A holder that dies frees it with its
 * connection; one that hangs lets its connection rest, and whoever waits then ends that connection.
 */
export class Leadership {
  readonly client: pg.Client;
  /** What the owner waits with between two looks at its work; it also wakes when the connection is lost. */
  readonly wakeup = new Wakeup();
  readonly #name: string;
  readonly #log: Log;
  #lost: Error | null = null;
  #beat: NodeJS.Timeout | null = null;

  constructor(databaseUrl: string, name: string, log: Log) {
    this.#name = name;
    this.#log = log;
    this.client = new pg.Client({
      connectionString: databaseUrl,
      application_name: name,
      connectionTimeoutMillis: 3_000,
      query_timeout: 10_000,
      keepAlive: true,
    });
    this.client.on('error', (error) => this.#lose(error));
    this.client.on('end', () => this.#lose(new Error('the connection to the database has ended')));
  }

  /** Waits until this process leads; false when the signal came first. Rejects when the connection fails. */
  async acquire(signal: AbortSignal, onWaiting: () => void): Promise<boolean> {
    await during('connecting for the leadership', () => this.client.connect());
    while (!signal.aborted) {
      this.check();
      const [answer] = await during('asking for the leadership', () => this.#tryLock());
      if (answer?.won) {
        this.#startBeating();
        return true;
      }
      onWaiting();
      this.wakeup.reset();
      if (!(await during('looking for a leader that hangs', () => this.#endHung()))) await this.wakeup.wait(lookMs);
    }
    return false;
  }

  /** Throws when the connection, and with it the leadership, is lost. */
  check(): void {
    if (this.#lost) throw new Error('the leadership is lost', { cause: this.#lost });
  }

  async release(): Promise<void> {
    if (this.#beat) clearInterval(this.#beat);
    // A server that went away without closing the connection never answers the goodbye.
    const patience = new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    await Promise.race([Promise.allSettled([this.client.end()]), patience]);
  }

  async #tryLock(): Promise<z.infer<typeof locked>> {
    const { rows } = await this.client.query('SELECT pg_try_advisory_lock(hashtext($1)) AS won', [this.#name]);
    return locked.parse(rows);
  }

  #startBeating(): void {
    let waiting = false;
    this.#beat = setInterval(() => {
      if (waiting) return;
      waiting = true;
      this.client.query('SELECT 1').then(
        () => (waiting = false),
        (error: unknown) => this.#lose(error instanceof Error ? error : new Error(String(error))),
      );
    }, beatMs);
  }

  async #endHung(): Promise<boolean> {
    const holders = hung.parse((await this.client.query(endHung, [this.#name, hungMs])).rows);
    for (const { pid } of holders)
      this.#log.warn({ pid, name: this.#name }, 'the leader hangs: its connection is ended');
    return holders.some(({ ended }) => ended);
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.wakeup.wake();
  }
}
