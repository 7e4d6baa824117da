import type { Order } from '@live-orders/contracts/domain/orders.ts';

/** An order for tests, with defaults for everything that a test is not about. */
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

/** The nth valid order id, for what is checked by the schemas. */
export const orderId = (n: number): string => `01920f3c-7c1e-7d2a-8a54-${String(n).padStart(12, '0')}`;
