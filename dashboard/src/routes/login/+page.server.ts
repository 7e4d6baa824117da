import { NODE_ENV } from '$app/env/private';
import { callAsUser } from '#lib/server/forward.ts';
import { askGateway, callerOf } from '#lib/server/gateway.ts';
import { dropSession, keepSession, refusesCookies, sendProbe } from '#lib/server/session.ts';
import type { Problem } from '@live-orders/contracts/rest/errors.ts';
import { credentials, session, verification } from '@live-orders/contracts/rest/users.ts';
import { fail, redirect } from '@sveltejs/kit';
import type { Actions, PageServerLoad } from './$types';

/** The path to go to after the login, if it is one on this site: browsers take `//host` and `/\host` for another site. */
function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/';
}

const messages: Partial<Record<Problem['code'], string>> = {
  invalid_credentials: 'The e-mail or the password is wrong.',
  account_deactivated: 'This account is deactivated. Ask an administrator to activate it again.',
  too_many_requests: 'There were too many attempts.',
  upstream_unavailable:
    'The server can’t be reached at the moment. Nothing is wrong with your password; try again shortly.',
  upstream_timeout: 'The server took too long to answer. Try again shortly.',
  unavailable: 'Logging in is not possible at the moment. Try again shortly.',
};

/**
 * Asks the services whether they accept the session. Were one that they do not accept left here, the board would send the
 * browser to this page, and this page back to the board, for ever.
 */
export const load: PageServerLoad = async (event) => {
  const next = safeNext(event.url.searchParams.get('next'));
  // After a form that was refused, the page says so, also to somebody who already had a session.
  if (event.locals.accessToken && event.request.method !== 'POST') {
    const call = { token: event.locals.accessToken, caller: callerOf(event), limit: 3000 };
    const answer = await askGateway(verification, '/users/api/auth/verify', call);
    if (answer.ok) redirect(303, next);
    if (answer.problem.status === 401) dropSession(event);
  }
  sendProbe(event);
  return { demo: NODE_ENV !== 'production', next, ended: event.url.searchParams.has('ended') };
};

export const actions: Actions = {
  default: async (event) => {
    const form = await event.request.formData();
    const typed = form.get('email');
    const email = typeof typed === 'string' ? typed : '';
    if (refusesCookies(event)) {
      const message =
        'Your browser keeps no cookies of this site, which it needs to stay logged in. Allow them, and reload this page.';
      return fail(400, { email, message, retryAfter: null });
    }
    const given = credentials.safeParse({ email, password: form.get('password') });
    if (!given.success) {
      const fault = given.error.issues.find(({ path }) => email !== '' && path[0] === 'email');
      const message = fault ? `The e-mail address ${fault.message}.` : 'Enter an e-mail address and a password.';
      return fail(422, { email, message, retryAfter: null });
    }
    const answer = await askGateway(session, '/users/api/auth/login', {
      method: 'POST',
      body: JSON.stringify(given.data),
      caller: callerOf(event),
    });
    if (!answer.ok) {
      const { status, code, title } = answer.problem;
      return fail(status, { email, message: messages[code] ?? `${title}.`, retryAfter: answer.retryAfter });
    }
    // Whoever sits here now shall not leave the session of before behind. When it cannot be ended, it ends by its age.
    await callAsUser(event, '/users/api/auth/logout', { method: 'POST', limit: 3000 });
    keepSession(event, answer.data);
    redirect(303, safeNext(event.url.searchParams.get('next')));
  },
};
