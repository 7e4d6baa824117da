import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { membersOf } from '@live-orders/contracts/rest/errors.ts';
import { orderPage, type OrderQuery } from '@live-orders/contracts/rest/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { z } from 'zod';
import { ApiError, callApi } from '../session/api.ts';
import { queryOfNamed } from './named-order.ts';
import { openStatuses } from './status.ts';

export interface OrderSearch {
  status: readonly OrderStatus[];
  limit: number;
  /** Words, see `searchTerms`. */
  q?: string;
  /** Newest first where it is missing. */
  sort?: OrderQuery['sort'];
  cursor?: string | null;
}

const biggestPage = 200;

/** Reads one page of orders. Fails as callApi does. */
export function readOrders(search: OrderSearch, signal: AbortSignal): Promise<z.infer<typeof orderPage>> {
  const query = new URLSearchParams({ status: search.status.join(), limit: String(search.limit) });
  if (search.q) query.set('q', search.q);
  if (search.sort) query.set('sort', search.sort);
  if (search.cursor) query.set('cursor', search.cursor);
  return callApi(orderPage, `orders/api/orders?${query.toString()}`, { signal });
}

/** Reads every order that is not final, newest first. Fails as callApi does. */
export async function readOpenOrders(signal: AbortSignal): Promise<Order[]> {
  const orders: Order[] = [];
  let cursor: string | null = null;
  do {
    const page = await readOrders({ status: openStatuses, limit: biggestPage, cursor }, signal);
    orders.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return orders;
}

/** Reads one order; null when there is none of this id, or none that this user may see. Else fails as callApi does. */
export async function readOrder(id: string, signal: AbortSignal): Promise<Order | null> {
  try {
    return await callApi(order, `orders/api/orders/${id}`, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.problem?.status === 404) return null;
    throw error;
  }
}

/** Finds the order that an address names; null when there is none, or none that this user may see. Else fails as callApi does. */
export async function findOrder(named: string): Promise<Order | null> {
  const query = queryOfNamed(named);
  return query === null ? null : ((await callApi(orderPage, `orders/api/orders${query}`)).data[0] ?? null);
}

/** The order as it is, where a change was refused because it is another version by now; null for any other failure. */
export function conflictOf(error: unknown): Order | null {
  if (!(error instanceof ApiError)) return null;
  const current = membersOf('version_conflict', error.problem)?.current;
  return current && 'status' in current ? current : null;
}
