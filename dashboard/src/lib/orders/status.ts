import { orderStatuses, transitions, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';

export const statusLabels: Readonly<Record<OrderStatus, string>> = {
  pending: 'Pending',
  confirmed: 'Confirmed',
  preparing: 'Preparing',
  shipped: 'Shipped',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
};

/** What the button that moves an order to this status says. */
export const moveLabels: Readonly<Record<OrderStatus, string>> = {
  pending: 'Reopen',
  confirmed: 'Confirm',
  preparing: 'Prepare',
  shipped: 'Ship',
  delivered: 'Deliver',
  cancelled: 'Cancel',
};

/** What it says while the order is on its way there. */
export const movingLabels: Readonly<Record<OrderStatus, string>> = {
  pending: 'Reopening',
  confirmed: 'Confirming',
  preparing: 'Preparing',
  shipped: 'Shipping',
  delivered: 'Delivering',
  cancelled: 'Cancelling',
};

export const openStatuses = orderStatuses.filter((status) => transitions[status].length > 0);
export const finalStatuses = orderStatuses.filter((status) => transitions[status].length === 0);

/** The way of an order that goes well, first to last. */
export const path = orderStatuses.filter((status) => status !== 'cancelled');

/** The one step that usually comes next; null when none does. */
export const nextStatus = (status: OrderStatus): OrderStatus | null =>
  transitions[status].find((to) => to !== 'cancelled') ?? null;

export const canCancel = (status: OrderStatus): boolean => transitions[status].includes('cancelled');
