import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { QueryTypes, Sequelize, type Transaction } from 'sequelize';
import { backoff } from '../process/backoff.ts';
import type { Log } from '../process/log.ts';
import { isConflict } from './sql-state.ts';

export type { Sequelize, Transaction } from 'sequelize';

/**
 * A connection that nobody listens to ends the process when it fails, and Sequelize begins to listen only a moment
 * after the connection is made: a server that shuts down may end it in that moment. Nothing is hidden by the empty
 * listener, because the next query on the connection is rejected.
 */
class Client extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}

/** How long a statement waits for a row that another transaction has locked, before it gives its connection back. */
const lockMs = 5_000;

/** A pool of `size` connections. A caller waits at most 5 s for a free one; a statement may take `statementMs`. */
export const connectDatabase = (url: string, size: number, name: string, statementMs = 15_000): Sequelize =>
  new Sequelize(url, {
    dialect: 'postgres',
    dialectModule: { ...pg, Client },
    logging: false,
    pool: { max: size, min: 0, idle: 30_000, acquire: 5_000 },
    retry: { max: 0 },
    dialectOptions: {
      application_name: name,
      statement_timeout: statementMs,
      lock_timeout: lockMs,
      // For a server that vanished without closing the connection: it is given up on our side, and the query rejected.
      query_timeout: statementMs + 2_000,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    },
  });

/**
 * Whether the database answers, and takes changes: one that fails over, or whose disk is full, may serve reads only for a
 * while.
 */
export const databaseState = async (database: Sequelize): Promise<'up' | 'read-only' | 'down'> => {
  try {
    const statement = `SELECT current_setting('transaction_read_only')::bool AS "isReadOnly"`;
    const rows = await database.query<{ isReadOnly: boolean }>(statement, { type: QueryTypes.SELECT });
    return rows[0]?.isReadOnly ? 'read-only' : 'up';
  } catch {
    // Whatever the reason is, each request that fails for it is logged.
    return 'down';
  }
};

/** The server takes a second to see a deadlock, so more tries would only keep the caller waiting. */
const mostTries = 5;

/**
 * Does `work` in one transaction. One that lost a conflict (deadlock, serialization failure) was rolled back by the
 * server and is done again, 5 times at most; so `work` must have no effect but on rows.
 */
export const transact = async <T>(
  database: Sequelize,
  work: (transaction: Transaction) => Promise<T>,
  log: Log,
): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (tries >= mostTries || !isConflict(error)) throw error;
      log.debug({ err: error, tries }, 'a transaction lost a conflict, trying again');
      // With jitter, so that two transactions that collided do not collide again.
      await delay(backoff(tries, 400));
    }
  }
};
