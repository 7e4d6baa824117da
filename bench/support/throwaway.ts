import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase, type Sequelize } from '../../services/runtime/src/database/database.ts';
import { migrate } from '../../services/runtime/src/database/migrations.ts';
import { createLog, type Log } from '../../services/runtime/src/process/log.ts';
import { removeData } from '../../deploy/local/servers/postgres-home.ts';
import type { ServerName, Stack } from '../../deploy/local/servers/stack.ts';
import { startStack } from '../../tests/support/system/stack.ts';

export interface Throwaway {
  url: string;
  database: Sequelize;
  log: Log;
  stack: Stack;
}

/** A PostgreSQL of its own with the tables of the orders service, and other `servers`, for as long as `work` takes; nothing is left. */
export const withThrowaway = async (
  work: (database: Throwaway) => Promise<void>,
  servers: ServerName[] = ['postgres'],
): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'live-orders-bench-'));
  const controller = new AbortController();
  const { signal } = controller;
  const ends = ['SIGINT', 'SIGTERM', 'disconnect'] as const;
  const stop = (): void => controller.abort();
  for (const name of ends) process.once(name, stop);
  const log = createLog('bench', 'warn');
  try {
    const stack = await startStack({ dataDir, durable: false, signal }, servers);
    const database = connectDatabase(stack.databaseUrl, 10, 'bench', 150_000);
    try {
      await migrate(database, 'orders', join(import.meta.dirname, '../../services/orders/src/migrations'), log);
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
      await Promise.race([work({ url: stack.databaseUrl, database, log, stack }), stopped]);
    } finally {
      // The server first: whatever it is still busy with would keep the pool waiting.
      await stack.stop();
      await database.close();
    }
  } finally {
    removeData(dataDir);
    // A listener for the end of the channel would keep the process alive.
    for (const name of ends) process.off(name, stop);
  }
};
