import { join } from 'node:path';
import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { connectDatabase, type Sequelize } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { QueryTypes } from 'sequelize';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { demoProducts } from './catalogue.ts';
import { usualRules } from '../testing/usual-rules.ts';
import { seedOrders } from './seed.ts';

const log = createLog('test', 'silent');
let territory: Territory;
let replicas: Sequelize[];

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  replicas = Array.from({ length: 3 }, () => connectDatabase(territory.databaseUrl, 4, 'seed test'));
});

afterAll(async () => {
  await Promise.all(replicas.map((database) => database.close()));
  await territory.remove();
});

const seed = (database: Sequelize) => {
  const outbox = new Outbox(database, 'orders_outbox', log);
  return seedOrders({ database, outbox, ...usualRules }, log);
};

const select = async (sql: string): Promise<object[]> => {
  const [database] = replicas;
  if (!database) throw new Error('no database');
  return database.query(sql, { type: QueryTypes.SELECT });
};

describe('three replicas that start at once on an empty database', () => {
  test('migrate and seed it once', async () => {
    await Promise.all(
      replicas.map(async (database) => {
        await migrate(database, 'orders', join(import.meta.dirname, '../migrations'), log);
        await seed(database);
      }),
    );
    expect(await select('SELECT count(*)::int AS count FROM products')).toEqual([{ count: demoProducts.length }]);
    expect(await select('SELECT count(*)::int AS count, count(DISTINCT number)::int AS numbers FROM orders')).toEqual([
      { count: 80, numbers: 80 },
    ]);
  });

  test('wait for the one that seeds, longer than for any other lock', async () => {
    const [one, other] = replicas;
    if (!one || !other) throw new Error('there are no replicas');
    let waiting: Promise<void> = Promise.resolve();
    await one.transaction(async (transaction) => {
      await one.query("SELECT pg_advisory_xact_lock(hashtext('seed:orders'))", { transaction });
      waiting = seed(other);
      // Longer than other statements wait for a lock.
      const waitsLong = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
                         AND now() - query_start > interval '5.5 s'`;
      const looking = vi.waitFor(async () => expect(await select(waitsLong)).toHaveLength(1), { timeout: 20_000 });
      await Promise.race([waiting, looking]);
    });
    await waiting;
  });

  test('leave a shop in which everything agrees', async () => {
    const statuses = await select('SELECT DISTINCT status FROM orders ORDER BY status');
    expect(statuses).toEqual([...orderStatuses].sort().map((status) => ({ status })));
    const wrong = {
      totals: `SELECT o.number FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id
               HAVING o.total_amount <> sum(i.price * i.quantity)`,
      histories: `SELECT o.number FROM orders o JOIN order_status_history h ON h.order_id = o.id GROUP BY o.id
                  HAVING count(*) <> o.version OR max(h.version) <> o.version
                  OR (array_agg(h.to_status ORDER BY h.version DESC))[1] <> o.status`,
      future: "SELECT number FROM orders WHERE updated_at > now() OR created_at < now() - interval '25 hours'",
      movements: `SELECT p.name FROM products p LEFT JOIN stock_movements m ON m.product_id = p.id GROUP BY p.id
                  HAVING p.stock <> sum(m.change)`,
      events: `SELECT o.number FROM orders o LEFT JOIN orders_outbox e ON e.key = o.id::text GROUP BY o.id
               HAVING count(e.*) <> o.version`,
    };
    for (const [what, sql] of Object.entries(wrong))
      expect({ what, rows: await select(sql) }).toEqual({ what, rows: [] });
    const sold =
      await select(`SELECT p.name, p.stock + coalesce(sum(i.quantity) FILTER (WHERE o.status <> 'cancelled'), 0)::int AS first
      FROM products p LEFT JOIN order_items i ON i.product_id = p.id LEFT JOIN orders o ON o.id = i.order_id
      GROUP BY p.id ORDER BY p.name`);
    const stocked = demoProducts.map(([name, , , first]) => ({ name, first }));
    expect(sold).toEqual(expect.arrayContaining(stocked));
  });
});
