import { session, type Session } from '@live-orders/contracts/rest/users.ts';
import { user, type User } from '@live-orders/contracts/domain/users.ts';
import type { Cookies, RequestEvent } from '@sveltejs/kit';
import { askGateway, type Answer } from './gateway.ts';
import { isHttps } from './origin.ts';

/** Cookies don't see ports, so these must not clash with those of other programs on the same host. */
const names = { access: 'live_orders_access', refresh: 'live_orders_refresh', user: 'live_orders_user' } as const;

/** Upper bound: the users service decides how long a refresh token really lives. */
const refreshSeconds = 30 * 24 * 3600;
/**
 * The access cookie goes before its token does, so that no call leaves with a token that expires on its way; and before the
 * gateway warns of the end, which is a minute ahead, so that the ticket asked for then is one of the next token.
 */
const marginSeconds = 75;
/** Tabs that asked at the same moment still send the old cookie when the first of them has renewed it. */
const rememberMs = 20_000;

const renewals = new Map<string, Promise<Answer<Session>>>();

/** Null also for what is no token: it would break the header that it goes into. */
export function accessToken(cookies: Cookies): string | null {
  const token = cookies.get(names.access);
  return token && /^[\w.-]+$/.test(token) ? token : null;
}

export function sessionUser(cookies: Cookies): User | null {
  if (!cookies.get(names.access) && !cookies.get(names.refresh)) return null;
  try {
    const parsed = user.safeParse(JSON.parse(cookies.get(names.user) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function keepSession(event: RequestEvent, value: Session): void {
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
  for (const name of Object.values(names)) event.cookies.delete(name, { path: '/', secure });
  event.locals.accessToken = null;
  event.locals.user = null;
}

/** A refresh token is good for one use: all who hold the same one share one renewal and its answer. */
function renew(refreshToken: string, client: string): Promise<Answer<Session>> {
  const known = renewals.get(refreshToken);
  if (known) return known;
  const body = JSON.stringify({ refresh_token: refreshToken });
  const renewal = askGateway(session, '/users/api/auth/refresh', { method: 'POST', body, client, limit: 4000 });
  renewals.set(refreshToken, renewal);
  void renewal.then((answer) => {
    if (answer.ok) setTimeout(() => renewals.delete(refreshToken), rememberMs).unref();
    else renewals.delete(refreshToken);
  });
  return renewal;
}

/** Renews the session. A refusal ends it; a gateway that can't be reached doesn't. */
export async function renewSession(event: RequestEvent): Promise<void> {
  const refreshToken = event.cookies.get(names.refresh);
  if (!refreshToken) return dropSession(event);
  const answer = await renew(refreshToken, event.getClientAddress());
  if (answer.ok) keepSession(event, answer.data);
  else if (answer.problem.status < 500 && answer.problem.status !== 429) dropSession(event);
  else event.locals.accessToken = null;
}
