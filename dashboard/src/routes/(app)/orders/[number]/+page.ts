import { LiveOrders } from '#lib/feed/live-orders.svelte.ts';
import { SessionEndedError } from '#lib/live/state.ts';
import { isNamed } from '#lib/orders/named-order.ts';
import { findOrder } from '#lib/orders/order-api.ts';
import { ApiError } from '#lib/session/api.ts';
import { leaveForLogin } from '#lib/session/login.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { error, redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

async function find(named: string): Promise<Order | null> {
  try {
    return await findOrder(named);
  } catch (failure) {
    if (failure instanceof SessionEndedError) leaveForLogin();
    if (!(failure instanceof ApiError)) throw failure;
    error(failure.problem?.status ?? 503, failure.message, { code: failure.problem?.code });
  }
}

/**
 * The order that the address names: as the document came with it, later as it is in the live store, without a server; only what is
 * not there is read. Addresses of before, and those that programs make, have the id: they lead to the number.
 */
export const load: PageLoad = async ({ params, url, parent }) => {
  const named = params.number;
  const { here } = LiveOrders;
  const { first } = await parent();
  const known = (here?.orders ?? first.orders).find((order) => isNamed(order, named));
  if (!here && first.failure) error(first.failure.status, first.failure.message, { code: first.failure.code });
  const order = known ?? (here && (await find(named)));
  if (!order) error(404, 'There is no such order.');
  if (String(order.number) !== named) redirect(307, `/orders/${order.number}${url.search}`);
  return { order };
};
