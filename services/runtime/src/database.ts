import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Sequelize, type Transaction } from 'sequelize';
import { SequelizeStorage, Umzug } from 'umzug';
import { z } from 'zod';
import { retry } from './backoff.ts';
import type { Log } from './log.ts';

export type { Sequelize, Transaction } from 'sequelize';

/** A pool of `size` connections. A caller waits 5 s for a free one at most; a statement may take 15 s. */
export const connectDatabase = (url: string, size: number, name: string): Sequelize =>
  new Sequelize(url, {
    dialect: 'postgres',
    logging: false,
    pool: { max: size, min: 0, idle: 30_000, acquire: 5_000 },
    retry: { max: 0 },
    dialectOptions: {
      application_name: name,
      statement_timeout: 15_000,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    },
    define: { underscored: true, freezeTableName: true, createdAt: 'created_at', updatedAt: 'updated_at' },
  });

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
          await database.transaction((t) => up(database, t));
          log.info({ migration: name }, 'migrated');
        },
      }),
    },
    storage: new SequelizeStorage({ sequelize: database, tableName: `${service}_migrations` }),
    logger: undefined,
  });
  const locked = async (): Promise<void> => {
    await database.transaction(async (transaction) => {
      await database.query('SELECT pg_advisory_xact_lock(hashtext($1))', { bind: [`migrate:${service}`], transaction });
      await umzug.up();
    });
  };
  // At a common start the database may be a little later than the service.
  const reachable = (): Promise<void> => database.authenticate();
  await retry('reaching the database', reachable, { log, signal: AbortSignal.timeout(60_000), limit: 20 });
  await locked();
};

/** Whether the database answers; for health pages. */
export const databaseState = async (database: Sequelize): Promise<'up' | 'down'> =>
  database.query('SELECT 1').then(
    () => 'up',
    () => 'down',
  );
