import { compressed } from '#lib/server/compression.ts';
import { makeProblem, problemResponse } from '#lib/server/gateway.ts';
import { isFromOwnPage, isHttps, socketSources } from '#lib/server/origin.ts';
import { pageUserHeader } from '@live-orders/contracts/change-headers.ts';
import { accessToken, renewSession, sessionUser } from '#lib/server/session.ts';
import { redirect, type RequestEvent } from '@sveltejs/kit';
import type { Handle } from '@sveltejs/kit/hooks';

const publicRoutes: ReadonlySet<string | null> = new Set(['/login', '/logout', '/gallery', null]);
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function protect(headers: Headers, event: RequestEvent): void {
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'same-origin');
  headers.set('x-frame-options', 'DENY');
  // Told over http, nobody would know who wrote it; browsers ignore it there (RFC 6797, 8.1).
  if (isHttps(event)) headers.set('strict-transport-security', 'max-age=31536000; includeSubDomains');
  if (headers.get('content-type') === 'text/html') headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=()');
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
  const policy = headers.get('content-security-policy');
  if (!policy) return;
  const allowed = `connect-src 'self' ${socketSources(event)}`;
  headers.set('content-security-policy', policy.replace(`connect-src 'self'`, allowed));
}

const theme = (event: RequestEvent): string => {
  const chosen = event.cookies.get('theme');
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
};

async function identify(event: RequestEvent): Promise<void> {
  event.locals.user = sessionUser(event);
  event.locals.accessToken = accessToken(event);
  if (event.locals.user && !event.locals.accessToken) await renewSession(event);
}

/** A browser that kept this answer would go round in circles when somebody who has logged in goes back. */
function toLogin(event: RequestEvent, location: string): Response {
  // A page that asks for data only is told in a form that SvelteKit's router understands.
  if (event.isDataRequest) redirect(303, location);
  const answer = new Response(null, { status: 303, headers: { location } });
  protect(answer.headers, event);
  return answer;
}

export const handle: Handle = async ({ event, resolve }) => {
  const isApi = event.url.pathname.startsWith('/api/');
  if (!readingMethods.has(event.request.method) && !isFromOwnPage(event)) {
    return problemResponse(makeProblem('forbidden', 'The request did not come from a page of this site.'));
  }
  await identify(event);
  if (!event.locals.user && !publicRoutes.has(event.route.id)) {
    if (isApi) return problemResponse(makeProblem('unauthenticated', 'There is no session. Log in.'));
    const next = event.url.pathname + event.url.search;
    return toLogin(event, next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`);
  }
  const pageUser = event.request.headers.get(pageUserHeader);
  if (event.locals.user && pageUser !== null && pageUser !== event.locals.user.id) {
    const name = event.locals.user.name;
    return problemResponse(
      makeProblem('other_user', `This page belongs to another user: ${name} is logged in here now.`),
    );
  }
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%theme%', theme(event)),
  });
  protect(response.headers, event);
  return compressed(event.request, response);
};
