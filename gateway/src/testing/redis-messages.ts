import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { RedisMessage } from '@live-orders/contracts/redis/messages.ts';

/** Who and what the messages are about. */
export const ids = {
  order: '01920000-0000-7000-8000-00000000000a',
  carla: '01920000-0000-7000-8000-00000000000b',
  noor: '01920000-0000-7000-8000-00000000000c',
};
/** When everything in the messages happened. */
export const at = '2026-03-14T09:26:53.589Z';

const makeOrder = (customer_id: string): Order => ({
  id: ids.order,
  number: 1001,
  customer_id,
  customer_name: 'Somebody',
  status: 'pending',
  total_amount: 100,
  currency: 'USD',
  note: null,
  version: 1,
  due_at: null,
  created_at: at,
  updated_at: at,
  items: [],
});

/** An order that was placed, as the bridge publishes it. */
export const created = (seq: number, customer_id = ids.carla): RedisMessage => ({
  event: 'order_created',
  seq,
  epoch: 'e',
  times: { committed: at, bridged: at },
  data: makeOrder(customer_id),
  previous_status: null,
  actor: { id: customer_id, name: 'Somebody', role: 'customer' },
});

/** A change of the nth order's status, as the bridge publishes it. */
export const moved = (seq: number, n: number, version: number, status: OrderStatus, note = '') => ({
  event: 'order_status_updated' as const,
  seq,
  epoch: 'e',
  times: { committed: at, bridged: at },
  data: { ...makeOrder(ids.carla), id: ids.order.replace(/.$/, String(n)), version, status, note },
  previous_status: null,
  actor: null,
});
