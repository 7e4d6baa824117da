import type { Order } from '@live-orders/contracts/domain/orders.ts';

/** An order for tests; only what a test speaks of needs to be given. */
export const makeOrder = (given: Partial<Order> & Pick<Order, 'id'>): Order => ({
  number: 1042,
  customer_id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10',
  customer_name: 'Amelia Hart',
  status: 'pending',
  total_amount: 4598,
  currency: 'USD',
  note: null,
  version: 1,
  due_at: null,
  created_at: '2026-03-14T09:26:53.589Z',
  updated_at: '2026-03-14T09:26:53.589Z',
  items: [],
  ...given,
});

/** A valid id, for what passes through the schemas. */
export const orderId = (n: number): string => `01920f3c-7c1e-7d2a-8a54-${String(n).padStart(12, '0')}`;
