import { expect, test } from 'vitest';
import { filterOrders } from './filter.ts';

const customer = '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10';

test('a number or ids are looked for by themselves, and among the own orders of a customer', () => {
  const forTeam = filterOrders({ number: 1042 }, null);
  expect([forTeam.sql, forTeam.bind]).toEqual(['WHERE o.number = $value_1', { value_1: 1042 }]);
  const named = filterOrders({ ids: [customer] }, customer);
  expect(named.sql).toBe('WHERE o.customer_id = $value_1 AND o.id = ANY($value_2::uuid[])');
  const own = filterOrders({ number: 1042 }, customer);
  expect(own.sql).toBe('WHERE o.customer_id = $value_1 AND o.number = $value_2');
  expect(own.bind).toEqual({ value_1: customer, value_2: 1042 });
});
