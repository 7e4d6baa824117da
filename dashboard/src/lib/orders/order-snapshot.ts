import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { readOpenOrders, readOrder, readOrders } from './order-api.ts';
import { finalStatuses } from './status.ts';

/** Of delivered and cancelled orders, the newest come with the snapshot; older ones are read on demand. */
export const finalOrders = 100;

export interface OrderSnapshot {
  orders: Order[];
  /** Where the final orders go on that are older than those here; null when these are all. */
  olderFinal: string | null;
}

/**
 * Every open order, the newest final ones, and the `watched` ones whatever became of them: a page that shows one must
 * not be left with what it was before. `watched` is looked at last, for pages that are opened meanwhile.
 */
export async function readOrderSnapshot(watched: ReadonlySet<string>, signal: AbortSignal): Promise<OrderSnapshot> {
  // In this order, so that one that becomes final meanwhile is in both rather than in neither.
  const open = await readOpenOrders(signal);
  const final = await readOrders({ status: finalStatuses, limit: finalOrders }, signal);
  const orders = [...open, ...final.data];
  const looked = new Set(orders.map(({ id }) => id));
  for (const id of watched) {
    if (looked.has(id)) continue;
    looked.add(id);
    const order = await readOrder(id, signal);
    if (order) orders.push(order);
  }
  return { orders, olderFinal: final.next_cursor };
}
