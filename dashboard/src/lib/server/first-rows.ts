import { openStatuses } from '#lib/orders/status.ts';
import { describeProblem } from '#lib/session/problem-words.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import type { RequestEvent } from '@sveltejs/kit';
import { askGateway, callerOf } from './gateway.ts';

export interface FirstRows {
  orders: Order[];
  /** Why there are none, in words for the user. */
  failure: string | null;
}

/** Reads the first rows of the list of orders, so that it is not empty until the live connection stands. Never throws. */
export const readFirstRows = async (event: RequestEvent): Promise<FirstRows> => {
  const { user, accessToken } = event.locals;
  if (!user || !accessToken) return { orders: [], failure: 'The server can’t be reached.' };
  // What the team sees first by default is what is due first.
  const sort = event.url.searchParams.get('sort') === 'newest' ? '' : '&sort=due_at';
  const which = isStaff(user.role) ? `&status=${openStatuses.join()}${sort}` : '';
  const call = { token: accessToken, caller: callerOf(event), limit: 2500 };
  const answer = await askGateway(orderPage, `/orders/api/orders?limit=50${which}`, call);
  if (answer.ok) return { orders: answer.data.data, failure: null };
  return { orders: [], failure: describeProblem(answer.problem) };
};
