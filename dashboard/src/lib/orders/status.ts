import {
  isFinal,
  movesFrom,
  orderStatuses,
  type OrderStatus,
  usualSteps,
} from '@live-orders/contracts/domain/order-status.ts';

interface StatusView {
  label: string;
  /** What the button says that moves an order to this status. */
  move: string;
  /** What the button says while the order is on its way there. */
  moving: string;
  /** The colour of text and icon, in the light and in the dark theme. */
  ink: readonly [light: string, dark: string];
  /** The colour behind them. Both together have the contrast that WCAG asks of text, 4.5 to 1. */
  soft: readonly [light: string, dark: string];
}

/** How each status is shown. Its icon is in `StatusIcon.svelte`. */
export const statusViews: Readonly<Record<OrderStatus, StatusView>> = {
  pending: {
    label: 'Pending',
    move: 'Reopen',
    moving: 'Reopening',
    ink: ['#8a5200', '#e9b765'],
    soft: ['#fcf0da', '#33280f'],
  },
  confirmed: {
    label: 'Confirmed',
    move: 'Confirm',
    moving: 'Confirming',
    ink: ['#1f5597', '#8fbdf2'],
    soft: ['#e6effa', '#17283c'],
  },
  preparing: {
    label: 'Preparing',
    move: 'Prepare',
    moving: 'Preparing',
    ink: ['#6a3f9a', '#c4a5ee'],
    soft: ['#f1eaf9', '#2a2039'],
  },
  shipped: {
    label: 'Shipped',
    move: 'Ship',
    moving: 'Shipping',
    ink: ['#0b6470', '#74cbd8'],
    soft: ['#e0f2f4', '#10302f'],
  },
  delivered: {
    label: 'Delivered',
    move: 'Deliver',
    moving: 'Delivering',
    ink: ['#276033', '#8fcf9b'],
    soft: ['#e6f3e8', '#1a2f1f'],
  },
  cancelled: {
    label: 'Cancelled',
    move: 'Cancel',
    moving: 'Cancelling',
    ink: ['#5b635f', '#9da6a1'],
    soft: ['#ececea', '#262b29'],
  },
};

/** The `style` of an element with the class `status-colours`, which picks the colours of the theme. */
export function statusColours(status: OrderStatus): string {
  const { ink, soft } = statusViews[status];
  return `--ink-light:${ink[0]};--ink-dark:${ink[1]};--soft-light:${soft[0]};--soft-dark:${soft[1]}`;
}

export const openStatuses = orderStatuses.filter((status) => !isFinal(status));
export const finalStatuses = orderStatuses.filter(isFinal);

/** The way of an order that goes well, first to last. */
export const path: readonly OrderStatus[] = ['pending', ...usualSteps];

/** The one step that usually comes next; null when none does. */
export const nextStatus = (status: OrderStatus): OrderStatus | null =>
  path.find((next) => movesFrom(status).includes(next)) ?? null;

export const canCancel = (status: OrderStatus): boolean => movesFrom(status).includes('cancelled');
