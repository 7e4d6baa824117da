import { describeProblem } from '#lib/session/problem-words.ts';
import { askGateway, callerOf, type Answer } from '#lib/server/gateway.ts';
import { productPage } from '@live-orders/contracts/rest/products.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import { error, redirect } from '@sveltejs/kit';
import type { z } from 'zod';
import type { PageServerLoad } from './$types';

type ProductPage = z.infer<typeof productPage>;

/** No more products than this are listed: a shop with more needs a search. */
const most = 1000;

export const load: PageServerLoad = async (event) => {
  const { locals } = event;
  if (!locals.user || isStaff(locals.user.role)) redirect(303, '/');
  if (!locals.accessToken) error(503, 'The server can’t be reached. Try again in a moment.');
  const products: Product[] = [];
  let query = '?limit=200';
  while (products.length < most) {
    const answer: Answer<ProductPage> = await askGateway(productPage, `/orders/api/products${query}`, {
      token: locals.accessToken,
      caller: callerOf(event),
      limit: 5000,
    });
    if (!answer.ok) error(answer.problem.status, describeProblem(answer.problem), { code: answer.problem.code });
    products.push(...answer.data.data);
    if (answer.data.next_cursor === null) break;
    query = `?limit=200&cursor=${encodeURIComponent(answer.data.next_cursor)}`;
  }
  return { user: locals.user, products };
};
