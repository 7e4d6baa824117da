import fc from 'fast-check';
import { QueryTypes } from 'sequelize';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { auditShop } from '@live-orders/test-support/shop-audit.ts';
import { claimTerritory, type Territory } from '@live-orders/test-support/system/system.ts';
import { BatchPlayer } from '../testing/batch-player.ts';
import { OrdersModel } from '../testing/orders-model.ts';
import { batches } from '../testing/operations.ts';
import { TestOrdersService } from '../testing/test-orders-service.ts';

let territory: Territory;
let service: TestOrdersService;

beforeAll(async () => {
  territory = await claimTerritory(inject('servers'));
  service = await TestOrdersService.open(territory.databaseUrl, 'property test');
});

afterAll(async () => {
  await service.close();
  await territory.remove();
});

/** The database in the form of the model's expectation. */
const found = async (customers: string[], products: string[]): Promise<ReturnType<OrdersModel['expected']>> => {
  const orders = await service.database.query<{ id: string }>(
    `SELECT o.id, o.status, o.version, o.internal_note, o.total_amount::int AS total, ARRAY(SELECT h.to_status
       FROM order_status_history h WHERE h.order_id = o.id ORDER BY h.version) AS history
     FROM orders o WHERE o.customer_id = ANY($1::uuid[])`,
    { bind: [customers], type: QueryTypes.SELECT },
  );
  const stock = await service.database.query<{ id: string; stock: number }>(
    'SELECT id, stock FROM products WHERE id = ANY($1::uuid[])',
    { bind: [products], type: QueryTypes.SELECT },
  );
  return {
    stock: Object.fromEntries(stock.map((product) => [product.id, product.stock])),
    orders: Object.fromEntries(orders.map(({ id, ...rest }) => [id, rest])),
  };
};

describe('whatever several clients do at once', () => {
  test('the service does what its model does, and no rule is broken', async () => {
    const property = fc.asyncProperty(batches, async (list) => {
      const [staff, admin] = [service.admit('staff'), service.admit('admin')];
      const customers = [service.admit('customer'), service.admit('customer'), service.admit('customer')];
      const stocked = [service.stockProduct(admin, 12, 250), service.stockProduct(admin, 30, 99)];
      const products = await Promise.all([...stocked, service.stockProduct(admin, 5, 1_999)]);
      const model = new OrdersModel(products);
      const player = new BatchPlayer(service, model, { customer: customers, staff: [staff], admin: [admin] });
      const ids = products.map(({ id }) => id);
      for (const operations of list) {
        await player.play(operations);
        expect(await found(customers, ids)).toEqual(model.expected());
      }
      expect(await auditShop(territory.databaseUrl)).toEqual({});
    });
    // So many runs, however long they take, and the same ones each time.
    await fc.assert(property, { numRuns: 30, seed: 2026 });
    const [played] = await service.database.query<{ orders: number; steps: number; undone: number }>(
      `SELECT (SELECT count(*)::int FROM orders) AS orders, count(*)::int AS steps, count(takes_back)::int AS undone
       FROM order_status_history`,
      { type: QueryTypes.SELECT },
    );
    // It would prove little if hardly anything had been accepted. How many moves find something to take back depends on which
    // of several clients came first: 10 to 13.
    expect(played?.orders).toBeGreaterThan(50);
    expect(played?.steps).toBeGreaterThan(75);
    expect(played?.undone).toBeGreaterThan(0);
  }, 120_000);
});
