import { describeProblem } from '#lib/session/problem-words.ts';
import { askGateway, callerOf, type Answer, type GatewayCall } from '#lib/server/gateway.ts';
import { uuid } from '@live-orders/contracts/domain/fields.ts';
import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import { givenNumber, orderHistory, orderPage } from '@live-orders/contracts/rest/orders.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import { ordersOf } from '#lib/order-detail/other-orders.ts';
import { error, redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

const orders = '/orders/api/orders';

/** The data of an answer; what was refused becomes the error page. */
function must<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.data;
  const { problem } = answer;
  return error(problem.status, describeProblem(problem), { code: problem.code });
}

/** The order of this number. Addresses of before, and those that programs make, have the id: they lead to the number. */
async function find(named: string, search: string, call: GatewayCall): Promise<Order> {
  const id = uuid.safeParse(named);
  if (id.success) {
    const { number } = must(await askGateway(orderSchema, `${orders}/${id.data}`, call));
    redirect(307, `/orders/${number}${search}`);
  }
  const number = givenNumber.safeParse(named);
  const none = 'There is no such order.';
  if (!number.success || String(number.data) !== named) error(404, none);
  const [found] = must(await askGateway(orderPage, `${orders}?number=${number.data}`, call)).data;
  return found ?? error(404, none);
}

export const load: PageServerLoad = async (event) => {
  const { locals, params, url } = event;
  if (!locals.accessToken) error(503, 'The server can’t be reached. The order is safe; try again in a moment.');
  const call = { token: locals.accessToken, caller: callerOf(event), limit: 5000 };
  const order = await find(params.number, url.search, call);
  const { id, customer_id } = order;
  const forTeam = locals.user !== null && isStaff(locals.user.role);
  const [steps, others] = await Promise.all([
    askGateway(orderHistory, `${orders}/${id}/history`, call),
    forTeam ? askGateway(orderPage, `${orders}${ordersOf(customer_id)}`, call) : null,
  ]);
  // The order can be shown without its history, which the page reads again at the order's next change, and without others.
  return { order, steps: steps.ok ? steps.data.data : null, others: others?.ok ? others.data : null };
};
