import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { role } from '@live-orders/contracts/domain/users.ts';
import { stockMovement } from '@live-orders/contracts/rest/products.ts';
import { connectDatabase } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import pg from 'pg';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { readCatalogue } from './catalogue.ts';

const log = createLog('test', 'silent');
const territories: Territory[] = [];

afterEach(async () => {
  await Promise.all(territories.splice(0).map((territory) => territory.remove()));
});

/** Does `before` in a new database, runs a service's migrations, and then tells what is there. */
const migrated = async (service: string, before: string) => {
  const territory = await claimTerritory(inject('servers'));
  territories.push(territory);
  const client = new pg.Client({ connectionString: territory.databaseUrl });
  const database = connectDatabase(territory.databaseUrl, 2, 'migrations test');
  await client.connect();
  try {
    if (before) await client.query(before);
    await migrate(database, service, join(import.meta.dirname, '../../services', service, 'src/migrations'), log);
    const { rows } = await client.query(`SELECT name FROM ${service}_migrations ORDER BY name`);
    return { catalogue: await readCatalogue(client), done: rows };
  } finally {
    await Promise.all([client.end(), database.close()]);
  }
};

describe.each(['orders', 'users'])('the database of the %s service', (service) => {
  const release = readFileSync(join(import.meta.dirname, 'release-0.1', `${service}.sql`), 'utf8');

  test('is the same whether it is new or comes, with its rows, from release 0.1', async () => {
    const upgraded = await migrated(service, release);
    const fresh = await migrated(service, '');
    expect(upgraded).toEqual(fresh);
    expect(Object.keys(fresh.catalogue)).toEqual(
      expect.arrayContaining([`relation ${service}`, `index ${service}_newest`, `sequence ${service}_outbox_id_seq`]),
    );
  });
});

/** The texts that a column may hold: those in the definition of its constraint, `CHECK ((role = ANY (ARRAY['admin'::text, …])))`. */
const allowedTexts = (definition = ''): string[] =>
  [...definition.matchAll(/'([^']*)'::text/g)].map(([, text = '']) => text);

test.each([
  ['orders', 'orders.orders_status_check', orderStatuses],
  ['orders', 'stock_movements.stock_movements_kind_check', stockMovement.shape.kind.options],
  ['users', 'users.users_role_check', role.options],
])('the database of the %s service allows by %s what the contracts name', async (service, constraint, texts) => {
  const { catalogue } = await migrated(service, '');
  expect(allowedTexts(catalogue[`constraint ${constraint}`]).sort()).toEqual([...texts].sort());
});
