import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { searchText } from '@live-orders/contracts/domain/search-text.ts';
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

/** Does `before` in a new database, runs a service's migrations, and then tells what is there, and what `question` gives. */
const migrated = async (service: string, before: string, question = 'SELECT 1') => {
  const territory = await claimTerritory(inject('servers'));
  territories.push(territory);
  const client = new pg.Client({ connectionString: territory.databaseUrl });
  const database = connectDatabase(territory.databaseUrl, 2, 'migrations test');
  await client.connect();
  try {
    if (before) await client.query(before);
    await migrate(database, service, join(import.meta.dirname, '../../services', service, 'src/migrations'), log);
    const { rows } = await client.query(`SELECT name FROM ${service}_migrations ORDER BY name`);
    return { catalogue: await readCatalogue(client), done: rows, answer: (await client.query(question)).rows };
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

test('orders and products of release 0.1 are found by names without accents, as new ones are', async () => {
  const names = ['Deniz Yılmaz', 'ŁUCJA O’Brien-Groß', 'Þór Æsir ĐORĐE Ħœ ÐSø', 'ΣΊΣΥΦΟΣ Ёлкин Ｗｉｄｅ', 'İpek Plain'];
  const old = names.map(
    (name, index) => `
      INSERT INTO orders (id, number, customer_id, customer_name, search, status, total_amount, currency, version, created_at, updated_at)
        SELECT uuidv7(), nextval('orders_number'), uuidv7(), '${name}', lower('${name} Köttbullar'), 'pending', 1, 'USD', 1, now(), now()
        FROM generate_series(1, ${index === 0 ? 10_001 : 1});
      INSERT INTO products (id, name, description, price, currency, stock, created_at, updated_at)
        VALUES (uuidv7(), '${name}', '', 1, 'USD', 1, now(), now());`,
  );
  const release = readFileSync(join(import.meta.dirname, 'release-0.1', 'orders.sql'), 'utf8');
  const question = `SELECT customer_name AS name, search, count(*)::int FROM orders WHERE customer_name <> 'Ada Adler' GROUP BY 1, 2
    UNION ALL SELECT name, search, 1 FROM products WHERE name <> 'Linen apron'`;
  const { answer } = await migrated('orders', release + old.join(''), question);
  const expected = names.flatMap((name, index) => [
    { name, search: searchText(`${name} Köttbullar`), count: index === 0 ? 10_001 : 1 },
    { name, search: searchText(name), count: 1 },
  ]);
  expect(answer).toHaveLength(expected.length);
  expect(answer).toEqual(expect.arrayContaining(expected));
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
