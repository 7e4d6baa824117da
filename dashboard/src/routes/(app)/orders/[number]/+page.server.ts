import { describeProblem } from '#lib/session/problem-words.ts';
import { askGateway, callerOf } from '#lib/server/gateway.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import { orderHistory } from '@live-orders/contracts/rest/orders.ts';
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { locals, params } = event;
  if (!locals.accessToken) error(503, 'The server can’t be reached. The order is safe; try again in a moment.');
  if (!/^[0-9a-f-]{36}$/.test(params.id)) error(404, 'There is no such order.');
  const call = { token: locals.accessToken, caller: callerOf(event), limit: 5000 };
  const path = `/orders/api/orders/${params.id}`;
  const [found, steps] = await Promise.all([
    askGateway(order, path, call),
    askGateway(orderHistory, `${path}/history`, call),
  ]);
  if (!found.ok) error(found.problem.status, describeProblem(found.problem), { code: found.problem.code });
  // The order can be shown without its history, which the page reads again at the order's next change.
  return { order: found.data, steps: steps.ok ? steps.data.data : null };
};
