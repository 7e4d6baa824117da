import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Sequelize, type Transaction } from 'sequelize';
import { SequelizeStorage, Umzug } from 'umzug';
import { z } from 'zod';
import { retry } from '../process/backoff.ts';
import type { Log } from '../process/log.ts';

const migrationModule = z.object({ up: z.custom<(database: Sequelize, t: Transaction) => Promise<void>>() });

/**
 * Brings the tables of one service up to date. Replicas that start at once wait for each other: the lock is a
 * transaction's, so that it goes with the connection that holds it.
 */
export const migrate = async (database: Sequelize, service: string, directory: string, log: Log): Promise<void> => {
  const umzug = new Umzug({
    migrations: {
      glob: ['*.ts', { cwd: directory }],
      resolve: ({ name }) => ({
        name,
        up: async () => {
          const { up } = migrationModule.parse(await import(pathToFileURL(join(directory, name)).href));
          await database.transaction(async (transaction) => {
            await patiently(database, transaction);
            await up(database, transaction);
          });
          log.info({ migration: name }, 'migrated');
        },
      }),
    },
    storage: new SequelizeStorage({ sequelize: database, tableName: `${service}_migrations` }),
    logger: undefined,
  });
  const locked = async (): Promise<void> => {
    await database.transaction(async (transaction) => {
      await enterAlone(database, `migrate:${service}`, transaction);
      await umzug.up();
    });
  };
  // When everything is started at once, the database may be ready a little later than the service.
  const reachable = (): Promise<void> => database.authenticate();
  await retry('reaching the database', reachable, { log, signal: AbortSignal.timeout(60_000), limit: 20 });
  await locked();
};

/** Waits, as long as a statement may take, until no other transaction of this name is under way at any replica. */
export const enterAlone = async (database: Sequelize, name: string, transaction: Transaction): Promise<void> => {
  await patiently(database, transaction);
  await database.query('SELECT pg_advisory_xact_lock(hashtext($1))', { bind: [name], transaction });
};

/** Takes the limit of 5 s from waiting for a lock, so that it may take as long as a statement. */
const patiently = async (database: Sequelize, transaction: Transaction): Promise<void> => {
  await database.query('SET LOCAL lock_timeout = 0', { transaction });
};
