import { z } from 'zod';
import type { Role } from './users.ts';

export const orderStatuses = ['pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled'] as const;
export const orderStatus = z.enum(orderStatuses);
export type OrderStatus = z.infer<typeof orderStatus>;

interface Step {
  from: OrderStatus;
  to: OrderStatus;
  /** Who may take the step; a customer only with an own order. */
  by: readonly Role[];
}

const team: readonly Role[] = ['staff', 'admin'];

/** Every step that there is, and who may take it; the service, the dashboard and the docs read this table. */
export const steps: readonly Step[] = [
  { from: 'pending', to: 'confirmed', by: team },
  { from: 'pending', to: 'cancelled', by: ['customer', ...team] },
  { from: 'confirmed', to: 'preparing', by: team },
  { from: 'confirmed', to: 'cancelled', by: team },
  { from: 'preparing', to: 'shipped', by: team },
  { from: 'preparing', to: 'cancelled', by: team },
  { from: 'shipped', to: 'delivered', by: team },
];

/** The statuses that this role may move an order to. */
export const movesOf = (role: Role, from: OrderStatus): OrderStatus[] =>
  steps.filter((step) => step.from === from && step.by.includes(role)).map(({ to }) => to);

/** The statuses that an order may move to from each status, whoever moves it. */
export const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: movesOf('admin', 'pending'),
  confirmed: movesOf('admin', 'confirmed'),
  preparing: movesOf('admin', 'preparing'),
  shipped: movesOf('admin', 'shipped'),
  delivered: [],
  cancelled: [],
};

/** A status that nothing follows. */
export const isFinal = (status: OrderStatus): boolean => transitions[status].length === 0;
