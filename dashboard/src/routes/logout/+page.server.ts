import { callGateway } from '#lib/server/gateway.ts';
import { dropSession } from '#lib/server/session.ts';
import { redirect } from '@sveltejs/kit';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => redirect(303, '/');

export const actions: Actions = {
  default: async (event) => {
    // The cookies are deleted even when the gateway cannot be reached, so that the user is logged out on this machine.
    await callGateway('/users/api/auth/logout', { method: 'POST', token: event.locals.accessToken, limit: 3000 });
    dropSession(event);
    redirect(303, '/login');
  },
};
