import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { urgentMs } from '../ui/times.ts';

/** What a member of the team has to do next, as switches: only open orders are in a queue. */
export const queues = ['late', 'soon', 'new', 'mine', 'unassigned'] as const;
export type Queue = (typeof queues)[number];

/** Who looks, and when by the server's clock, in ms. */
export interface Look {
  userId: string;
  now: number;
}

const dueIn = ({ due_at }: Order, now: number): number => (due_at === null ? Infinity : Date.parse(due_at) - now);

const rules: Readonly<Record<Queue, (order: Order, look: Look) => boolean>> = {
  late: (order, { now }) => dueIn(order, now) < 0,
  soon: (order, { now }) => dueIn(order, now) >= 0 && dueIn(order, now) < urgentMs,
  new: ({ status }) => status === 'pending',
  mine: ({ assigned_to }, { userId }) => assigned_to === userId,
  unassigned: ({ assigned_to }) => (assigned_to ?? null) === null,
};

/** Whether an order is in a queue; every order is where no queue is chosen. */
export const isQueued = (order: Order, queue: Queue | null, look: Look): boolean =>
  queue === null || (!isFinal(order.status) && rules[queue](order, look));
