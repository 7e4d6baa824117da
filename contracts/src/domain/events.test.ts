import { expect, test } from 'vitest';
import { eventCatalogue } from './events.ts';

test('a product record of before archiving and thresholds is still readable', () => {
  const at = '2026-03-14T09:26:53.589Z';
  const old = {
    id: '01920000-0000-7000-8000-00000000000a',
    name: 'Kettle',
    description: '',
    price: 100,
    currency: 'USD',
    stock: 3,
    version: 2,
    created_at: at,
    updated_at: at,
    actor: null,
  };
  expect(eventCatalogue['product.stock_changed'].value.parse(old)).toMatchObject({
    archived: false,
    low_stock_threshold: 10,
  });
});
