import { test } from '@live-orders/test-support/fixtures/test.ts';
import { expect } from 'vitest';
import { Callers } from '../fuzz/callers.ts';
import { WireAttack } from '../fuzz/wire.ts';

/** A short run of what `npm run fuzz` does at length. */
test('no spoilt request is answered otherwise than documented, and every part answers after each', async ({ shop }) => {
  const { system, admin, staff, customer, products, anybody } = shop;
  const [placed, other] = [
    await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }]),
    await anybody.register(),
  ];
  const attack = new WireAttack({
    system,
    callers: new Callers({ admin, staff, customer }),
    known: {
      '/api/orders': [placed.id],
      '/api/products': products.map(({ id }) => id),
      '/api/users': [other.session?.user.id ?? ''],
    },
    examples: 1,
    seed: 11,
    say: () => undefined,
  });
  expect(await attack.run()).toEqual([]);
}, 600_000);
