import { enterAlone } from '@live-orders/runtime/database/migrations.ts';
import type { Sequelize } from '@live-orders/runtime/database/database.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { demoCustomers, demoPassword, demoTeam } from '@live-orders/contracts/demo.ts';
import { toAccount, UserRow } from './rows.ts';
import { hashPassword } from './passwords.ts';

/** Fills an empty users table with the demo accounts, all with the same password. */
export const seedUsers = async (database: Sequelize, outbox: Outbox, bcryptCost: number, log: Log): Promise<void> => {
  const people = [...demoTeam, ...demoCustomers.map((customer) => ({ ...customer, role: 'customer' as const }))];
  const password = await hashPassword(demoPassword, bcryptCost);
  const created = await database.transaction(async (transaction) => {
    await enterAlone(database, 'seed:users', transaction);
    if ((await UserRow.count({ transaction })) > 0) return 0;
    const rows = await UserRow.bulkCreate(
      people.map((person) => ({ ...person, password })),
      { transaction },
    );
    await outbox.append(
      rows.map((row) => ({ type: 'user.registered' as const, value: toAccount(row) })),
      transaction,
    );
    return rows.length;
  });
  if (created > 0) log.info({ users: created }, 'seeded demo accounts');
};
