import { callerOf, callGateway } from '#lib/server/gateway.ts';
import { dropSession } from '#lib/server/session.ts';
import { redirect } from '@sveltejs/kit';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => redirect(303, '/');

export const actions: Actions = {
  default: async (event) => {
    // The cookies are deleted even when the gateway cannot be reached, so that the user is logged out on this machine.
    const call = { token: event.locals.accessToken, caller: callerOf(event), limit: 3000 };
    await callGateway('/users/api/auth/logout', { method: 'POST', ...call });
    dropSession(event);
    redirect(303, '/login');
  },
};
