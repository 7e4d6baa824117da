import { changeHeaders } from '@live-orders/contracts/change-headers.ts';
import { callAsUser, passOn } from '#lib/server/forward.ts';
import { makeProblem, problemResponse } from '#lib/server/gateway.ts';
import type { RequestEvent } from './$types';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const id = '[0-9a-f-]{36}';
const bodyLimit = 256 * 1024;

/** What pages may call through this server. Everything else is refused before it reaches the gateway. */
const allowed: Readonly<Record<Method, RegExp>> = {
  GET: new RegExp(
    `^(orders/api/(orders(/stats|/export|/${id}(/history)?)?|products|views)|users/api/(users/profile|team))$`,
  ),
  POST: new RegExp(`^orders/api/(orders(/bulk-status|/${id}/undo)?|views)$`),
  PATCH: new RegExp(`^(orders/api/(orders/${id}(/status)?|views/${id})|users/api/users/profile)$`),
  DELETE: new RegExp(`^orders/api/views/${id}$`),
};

async function forward(event: RequestEvent, method: Method): Promise<Response> {
  const { path } = event.params;
  if (!allowed[method].test(path)) return problemResponse(makeProblem('not_found', 'There is no such endpoint.'));
  const body = method === 'GET' || method === 'DELETE' ? undefined : await event.request.text();
  if (body && body.length > bodyLimit) {
    return problemResponse(makeProblem('body_too_large', 'The request body may be 256 KiB long.'));
  }
  const given = (name: string) => event.request.headers.get(name);
  const conditions = Object.fromEntries(
    changeHeaders.flatMap((name) => {
      const value = given(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  return passOn(await callAsUser(event, `/${path}${event.url.search}`, { method, body, conditions }));
}

export const GET = (event: RequestEvent) => forward(event, 'GET');
export const POST = (event: RequestEvent) => forward(event, 'POST');
export const PATCH = (event: RequestEvent) => forward(event, 'PATCH');
export const DELETE = (event: RequestEvent) => forward(event, 'DELETE');
