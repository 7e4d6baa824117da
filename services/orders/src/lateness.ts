import type { OrderStatus } from '@live-orders/contracts/orders.ts';

/** Minutes that an order should stay in a status at most; a status that is missing here is final. */
const targetMinutes: Partial<Record<OrderStatus, number>> = {
  pending: 10,
  confirmed: 15,
  preparing: 45,
  shipped: 48 * 60,
};

/** When an order that entered `status` at `since` should have left it (RFC 3339), or null when it may stay for ever. */
export const dueAt = (status: OrderStatus, since: Date): string | null => {
  const minutes = targetMinutes[status];
  return minutes === undefined ? null : new Date(since.getTime() + minutes * 60_000).toISOString();
};
