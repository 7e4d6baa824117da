import { session, type Session } from '@live-orders/contracts/rest/users.ts';
import { user, type User } from '@live-orders/contracts/domain/users.ts';
import type { RequestEvent } from '@sveltejs/kit';
import { askGateway, callerOf, type Answer } from './gateway.ts';
import { isHttps } from './origin.ts';

/** Unusual names, because all programs on a host share its cookies, whatever their ports. */
const plainNames = {
  access: 'live_orders_access',
  refresh: 'live_orders_refresh',
  user: 'live_orders_user',
  /** Sent with the login page, and back with its form by every browser that keeps cookies. */
  probe: 'live_orders_probe',
};
/** A browser takes these from an https address alone, and from no other host: a neighbour on `b.example.com` cannot set them. */
const hostNames = {
  access: `__Host-${plainNames.access}`,
  refresh: `__Host-${plainNames.refresh}`,
  user: `__Host-${plainNames.user}`,
  probe: `__Host-${plainNames.probe}`,
};

const namesFor = (event: Pick<RequestEvent, 'request'>) => (isHttps(event) ? hostNames : plainNames);

export const sendProbe = (event: RequestEvent): void =>
  event.cookies.set(namesFor(event).probe, '1', { path: '/', httpOnly: true, sameSite: 'lax', secure: isHttps(event) });

/** Whether a form that a page of ours sent came without the cookie that was sent with the page. */
export const refusesCookies = (event: RequestEvent): boolean =>
  event.request.headers.get('referer') !== null && event.cookies.get(namesFor(event).probe) === undefined;

/** An upper bound: the users service decides for how long a refresh token is valid. */
const refreshSeconds = 30 * 24 * 3600;
/**
 * The access cookie expires so many seconds before its token, for two reasons: no call is sent with a token that expires
 * on the way; and the gateway asks a minute before the end to renew the connection, by a ticket of the next token.
 */
const marginSeconds = 75;
/** Milliseconds for which a renewal's answer is kept: other tabs that call at that moment still send the old cookie. */
const rememberMs = 20_000;

const renewals = new Map<string, Promise<Answer<Session>>>();

/** The access token of the cookies. Null also where the cookie holds something else, which would make an invalid header. */
export function accessToken(event: RequestEvent): string | null {
  const token = event.cookies.get(namesFor(event).access);
  return token && /^[\w.-]+$/.test(token) ? token : null;
}

/** The user as of the last login or renewal, without a check; null without a session. */
export function sessionUser(event: RequestEvent): User | null {
  const { cookies } = event;
  const names = namesFor(event);
  if (!cookies.get(names.access) && !cookies.get(names.refresh)) return null;
  try {
    const parsed = user.safeParse(JSON.parse(cookies.get(names.user) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function keepSession(event: RequestEvent, value: Session): void {
  const names = namesFor(event);
  const common = { path: '/', httpOnly: true, sameSite: 'lax', secure: isHttps(event) } as const;
  const maxAge = Math.max(value.expires_in - marginSeconds, 1);
  event.cookies.set(names.access, value.access_token, { ...common, maxAge });
  event.cookies.set(names.refresh, value.refresh_token, { ...common, maxAge: refreshSeconds });
  event.cookies.set(names.user, JSON.stringify(value.user), { ...common, maxAge: refreshSeconds });
  event.locals.accessToken = value.access_token;
  event.locals.user = value.user;
}

export function dropSession(event: RequestEvent): void {
  const secure = isHttps(event);
  const { probe: _probe, ...ofSession } = namesFor(event);
  for (const name of Object.values(ofSession)) event.cookies.delete(name, { path: '/', secure });
  event.locals.accessToken = null;
  event.locals.user = null;
}

/** A refresh token can be used once, so all calls that come with the same one share one renewal and its answer. */
function renew(refreshToken: string, caller: Record<string, string>): Promise<Answer<Session>> {
  const known = renewals.get(refreshToken);
  if (known) return known;
  const body = JSON.stringify({ refresh_token: refreshToken });
  const renewal = askGateway(session, '/users/api/auth/refresh', { method: 'POST', body, caller, limit: 4000 });
  renewals.set(refreshToken, renewal);
  void renewal.then((answer) => {
    if (answer.ok) setTimeout(() => renewals.delete(refreshToken), rememberMs).unref();
    else renewals.delete(refreshToken);
  });
  return renewal;
}

/** Renews the session. It ends when the gateway refuses that, but not when the gateway cannot be reached. */
export async function renewSession(event: RequestEvent): Promise<void> {
  const refreshToken = event.cookies.get(namesFor(event).refresh);
  if (!refreshToken) return dropSession(event);
  const answer = await renew(refreshToken, callerOf(event));
  if (answer.ok) keepSession(event, answer.data);
  else if (answer.problem.status < 500 && answer.problem.status !== 429) dropSession(event);
  else event.locals.accessToken = null;
}
