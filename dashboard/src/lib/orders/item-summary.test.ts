import { expect, it } from 'vitest';
import { makeOrder } from '../testing/orders.ts';
import { summarizeItems } from './item-summary.ts';

it('sums the items up', () => {
  const items = ['Linen throw', 'Enamel kettle', 'Oak wall hook'].map((name, index) => ({
    id: name,
    product_id: name,
    name,
    quantity: index + 1,
    price: 100,
  }));
  expect(summarizeItems(makeOrder({ id: 'a', items }))).toBe(
    '1\u00a0×\u00a0Linen throw, 2\u00a0×\u00a0Enamel kettle +1',
  );
});
