import { readSort, sortSpecs } from '#lib/feed/order-sorts.ts';
import { queryOfNamed } from '#lib/orders/named-order.ts';
import { openStatuses } from '#lib/orders/status.ts';
import { describeProblem } from '#lib/session/problem-words.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { makeProblem, askGateway, callerOf, type GatewayCall } from './gateway.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { Problem } from '@live-orders/contracts/rest/errors.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import type { RequestEvent } from '@sveltejs/kit';

/** The orders that a document comes with. */
export interface FirstOrders {
  orders: Order[];
  /** Why there are none, in words for the user. */
  failure: { status: number; code: Problem['code']; message: string } | null;
}

type Call = Omit<GatewayCall, 'limit'>;

const failed = (problem: Problem): FirstOrders => {
  const { status, code } = problem;
  return { orders: [], failure: { status, code, message: describeProblem(problem) } };
};

/** What the team sees first is what its board begins with, where the server can sort so. */
async function readList({ locals, url }: RequestEvent, call: Call): Promise<FirstOrders> {
  const sort = sortSpecs[readSort(url.searchParams.get('sort'))].server?.open ?? '-created_at';
  const which = locals.user && isStaff(locals.user.role) ? `&status=${openStatuses.join()}&sort=${sort}` : '';
  const answer = await askGateway(orderPage, `/orders/api/orders?limit=50${which}`, { ...call, limit: 2500 });
  return answer.ok ? { orders: answer.data.data, failure: null } : failed(answer.problem);
}

/** The order that an address names, if there is one that this user may see. */
async function readNamed(named: string, call: Call): Promise<FirstOrders> {
  const query = queryOfNamed(named);
  if (query === null) return { orders: [], failure: null };
  const answer = await askGateway(orderPage, `/orders/api/orders${query}`, { ...call, limit: 5000 });
  return answer.ok ? { orders: answer.data.data, failure: null } : failed(answer.problem);
}

/** Reads what a document shows first, so that it is not empty until the live connection stands. Never throws. */
export async function readFirstOrders(event: RequestEvent): Promise<FirstOrders> {
  const { route, params, locals } = event;
  if (!locals.accessToken) return failed(makeProblem('upstream_unavailable', 'The gateway cannot be reached.'));
  const call = { token: locals.accessToken, caller: callerOf(event) };
  if (route.id === '/(app)') return readList(event, call);
  if (route.id === '/(app)/orders/[number]' && params.number) return readNamed(params.number, call);
  return { orders: [], failure: null };
}
