import { enterAlone } from '@live-orders/runtime/database/migrations.ts';
import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import { select } from '@live-orders/runtime/database/select.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { demoCustomers, demoPassword, demoTeam } from '@live-orders/contracts/demo.ts';
import { z } from 'zod';
import { toAccount, type UserRow } from './rows.ts';
import { insertUser } from './users.ts';
import type { Hasher } from './passwords/hashing.ts';

/** Fills an empty users table with the demo accounts, all with the same password. */
export const seedUsers = async (database: Sequelize, outbox: Outbox, hasher: Hasher, log: Log): Promise<void> => {
  const people = [...demoTeam, ...demoCustomers.map((customer) => ({ ...customer, role: 'customer' as const }))];
  const password = await hasher.hash(demoPassword, { place: 'seed', isKnown: true });
  const created = await database.transaction(async (transaction) => {
    await enterAlone(database, 'seed:users', transaction);
    const [present] = await select(
      database,
      z.object({ id: z.string() }),
      'SELECT id FROM users LIMIT 1',
      {},
      transaction,
    );
    if (present) return 0;
    const rows: UserRow[] = [];
    for (const person of people) rows.push(await insertUser(database, { ...person, password }, transaction));
    await outbox.append(
      rows.map((row) => ({ type: 'user.registered' as const, value: toAccount(row) })),
      transaction,
    );
    return rows.length;
  });
  if (created > 0) log.info({ users: created }, 'seeded demo accounts');
};
