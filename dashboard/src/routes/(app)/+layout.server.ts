import { readFirstOrders } from '#lib/server/first-orders.ts';
import { socketUrl } from '#lib/server/origin.ts';
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

/**
 * Runs once for each document. Whoever comes to the list or to an order later has them in the browser, and waits for no server:
 * both can be gone to without a connection.
 */
export const load: LayoutServerLoad = async (event) => {
  const { user } = event.locals;
  if (!user) redirect(303, '/login');
  // Untracked, or it would run again for each page.
  const first = await event.untrack(() => readFirstOrders(event));
  return { user, socketUrl: socketUrl(event), first };
};
