import { type FirstRows, readFirstRows } from '#lib/server/first-rows.ts';
import { socketUrl } from '#lib/server/origin.ts';
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

/**
 * Runs once for each document. Whoever comes to the list of orders later has them in the browser, and waits for no server: the list
 * can be gone to without a connection.
 */
export const load: LayoutServerLoad = async (event) => {
  const { user } = event.locals;
  if (!user) redirect(303, '/login');
  const none: FirstRows = { orders: [], failure: null };
  // Untracked, or it would run again for each page.
  const first = await event.untrack(() => (event.route.id === '/(app)' ? readFirstRows(event) : none));
  return { user, socketUrl: socketUrl(event), first };
};
