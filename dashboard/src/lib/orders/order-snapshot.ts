import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { readOpenOrders, readOrder, readOrders } from './order-api.ts';
import { finalStatuses } from './status.ts';

/** As many of the newest delivered and cancelled orders are part of the snapshot. Older ones are read on demand. */
export const finalOrders = 100;

export interface OrderSnapshot {
  orders: Order[];
  /** The cursor of the final orders that are older than those here; null when there are none. */
  olderFinal: string | null;
}

/**
 * Reads every open order, the newest final ones, and those in `watched`, each of which has its own page open and must be
 * brought up to date there. `watched` is looked at last, because pages may be opened meanwhile. Fails as callApi does.
 */
export async function readOrderSnapshot(watched: ReadonlySet<string>, signal: AbortSignal): Promise<OrderSnapshot> {
  // The open ones first, so that an order which becomes final meanwhile is read twice rather than not at all.
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
