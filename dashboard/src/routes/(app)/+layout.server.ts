import { socketUrl } from '#lib/server/origin.ts';
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = (event) => {
  const { user } = event.locals;
  // Read with each page, because another user may have logged in in this browser since the last one.
  void event.url.pathname;
  if (!user) redirect(303, '/login');
  return { user, socketUrl: socketUrl(event) };
};
