import { z } from 'zod';
import type { Role } from './users.ts';

/** In the order of an order's life; every list of statuses, on the screen and in answers, is in this order. */
export const orderStatuses = ['pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled'] as const;
export const orderStatus = z.enum(orderStatuses);
export type OrderStatus = z.infer<typeof orderStatus>;

interface StatusSpec {
  /** From which statuses an order may come here, and who may move it; a customer only an own order. */
  from: { readonly [S in OrderStatus]?: readonly Role[] };
  /**
   * After how many minutes an order here counts as late; null for never. `ORDER_TARGETS` replaces all of them: a status that
   * it does not name has no target.
   */
  targetMinutes: number | null;
}

const team: readonly Role[] = ['staff', 'admin'];
const everybody: readonly Role[] = ['customer', ...team];

/** What each status is; the services, the dashboard, the demo and the docs read this table. */
export const statusCatalogue: Readonly<Record<OrderStatus, StatusSpec>> = {
  pending: { from: {}, targetMinutes: 10 },
  confirmed: { from: { pending: team }, targetMinutes: 15 },
  preparing: { from: { confirmed: team }, targetMinutes: 45 },
  shipped: { from: { preparing: team }, targetMinutes: 2 * 24 * 60 },
  delivered: { from: { shipped: team }, targetMinutes: null },
  cancelled: { from: { pending: everybody, confirmed: team, preparing: team }, targetMinutes: null },
};

/**
 * The statuses that an order comes into after it was placed, when all goes well. Demo, simulated traffic and dashboard walk
 * along this list, so each has to be reachable from the one before it.
 */
export type UsualStep = Exclude<OrderStatus, 'pending' | 'cancelled'>;
export const usualSteps = orderStatuses.filter(
  (status): status is UsualStep => status !== 'pending' && status !== 'cancelled',
);

interface Step {
  from: OrderStatus;
  to: OrderStatus;
  by: readonly Role[];
}

/** Every step that an order can take, and who may take it. */
export const steps: readonly Step[] = orderStatuses.flatMap((from) =>
  orderStatuses.flatMap((to) => {
    const by = statusCatalogue[to].from[from];
    return by ? [{ from, to, by }] : [];
  }),
);

/** The statuses that an order may move to next, whoever moves it. */
export const movesFrom = (from: OrderStatus): OrderStatus[] =>
  steps.filter((step) => step.from === from).map(({ to }) => to);

/** The statuses that this role may move an order to. */
export const movesOf = (role: Role, from: OrderStatus): OrderStatus[] =>
  steps.filter((step) => step.from === from && step.by.includes(role)).map(({ to }) => to);

const finalStatuses: ReadonlySet<OrderStatus> = new Set(
  orderStatuses.filter((status) => movesFrom(status).length === 0),
);

/** Whether nothing follows this status. */
export const isFinal = (status: OrderStatus): boolean => finalStatuses.has(status);
