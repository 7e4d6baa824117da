import type { RequestEvent } from '@sveltejs/kit';
import { callerOf, callGateway, makeProblem, problemResponse, type GatewayCall } from './gateway.ts';
import { renewSession } from './session.ts';

const passedOn = ['content-length', 'content-type', 'etag', 'location', 'retry-after'] as const;

/** Calls the gateway as the user who is logged in. When it does not accept the access token, that is renewed once. */
export async function callAsUser(
  event: RequestEvent,
  path: string,
  call: Omit<GatewayCall, 'caller' | 'token'>,
): Promise<Response> {
  const caller = callerOf(event);
  if (!event.locals.accessToken) {
    return problemResponse(makeProblem('upstream_unavailable', 'The session could not be renewed at the moment.'));
  }
  const answer = await callGateway(path, { ...call, caller, token: event.locals.accessToken });
  if (answer.status !== 401) return answer;
  await renewSession(event);
  if (!event.locals.accessToken) return answer;
  return callGateway(path, { ...call, caller, token: event.locals.accessToken });
}

/** The gateway's answer for the browser: with the same status and body, and those headers that a page uses. */
export function passOn(answer: Response): Response {
  const headers = new Headers({ 'cache-control': 'no-store' });
  for (const name of passedOn) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}
