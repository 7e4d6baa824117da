import { describeProblem } from '#lib/session/problem-words.ts';
import { askGateway, callerOf } from '#lib/server/gateway.ts';
import { openStatuses } from '#lib/orders/status.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import type { PageServerLoad } from './$types';

interface FirstRows {
  orders: Order[];
  /** Why there are none, in words for the user. */
  failure: string | null;
}

/**
 * Reads the first rows, so that the page is not empty until the live connection stands. When the user comes back from
 * another page (`isDataRequest`), the orders are in the browser already.
 */
export const load: PageServerLoad = async (event): Promise<FirstRows> => {
  const { locals, isDataRequest } = event;
  if (isDataRequest || !locals.user) return { orders: [], failure: null };
  if (!locals.accessToken) return { orders: [], failure: 'The server can’t be reached.' };
  const status = isStaff(locals.user.role) ? `&status=${openStatuses.join()}` : '';
  const call = { token: locals.accessToken, caller: callerOf(event), limit: 2500 };
  const answer = await askGateway(orderPage, `/orders/api/orders?limit=50${status}`, call);
  if (answer.ok) return { orders: answer.data.data, failure: null };
  return { orders: [], failure: describeProblem(answer.problem) };
};
