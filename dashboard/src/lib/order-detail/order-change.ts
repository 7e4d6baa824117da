import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderChange } from '@live-orders/contracts/rest/orders.ts';
import { toast } from 'svelte-sonner';
import { SessionEndedError } from '../live/state.ts';
import { conflictOf } from '../orders/order-api.ts';
import { ApiError, callApi } from '../session/api.ts';
import { leaveForLogin } from '../session/login.ts';

/** Whether two versions of an order differ in what a change is about. */
const differ = (a: Order, b: Order, change: OrderChange): boolean =>
  ('assignee' in change && a.assigned_to !== b.assigned_to) ||
  ('internal_note' in change && a.internal_note !== b.internal_note);

/**
 * Assigns an order or notes something on it, only while what is changed there is as in `seen`; a move, or another change,
 * that somebody else makes meanwhile is no reason against it. Gives the order as it is then, and whether the change was made. Fails
 * as callApi does.
 */
export async function changeOrder(seen: Order, change: OrderChange): Promise<{ made: boolean; order: Order }> {
  const call = { method: 'PATCH', body: change, version: seen.version } as const;
  try {
    return { made: true, order: await callApi(orderSchema, `orders/api/orders/${seen.id}`, call) };
  } catch (error) {
    const current = conflictOf(error);
    if (!current) throw error;
    return differ(seen, current, change) ? { made: false, order: current } : changeOrder(current, change);
  }
}

/** Says that an order was not changed, and why; leaves for the login where the session has ended. `what` is as in `assigned`. */
export function explainFailure(error: unknown, { number }: Order, what: string): void {
  if (error instanceof SessionEndedError) return leaveForLogin();
  const known = error instanceof ApiError ? error : null;
  const title = known?.isUncertain
    ? `It is not known whether order ${number} was ${what}`
    : `Order ${number} was not ${what}`;
  toast.error(title, { description: known?.message ?? 'Something unexpected happened in this page.' });
}
