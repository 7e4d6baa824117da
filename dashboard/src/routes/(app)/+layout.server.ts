import { socketUrl } from '#lib/server/origin.ts';
import { redirect } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = (event) => {
  const { user } = event.locals;
  if (!user) redirect(303, '/login');
  return { user, socketUrl: socketUrl(event) };
};
