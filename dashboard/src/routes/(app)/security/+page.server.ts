import { periods, queryOf, readFilters } from '#lib/security/filters.ts';
import { askGateway, callerOf } from '#lib/server/gateway.ts';
import { describeProblem } from '#lib/session/problem-words.ts';
import { securityEventPage, type SecurityEventQuery } from '@live-orders/contracts/rest/security-events.ts';
import { error, redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

const rows = 50;

export const load: PageServerLoad = async (event) => {
  const { user, accessToken } = event.locals;
  if (user?.role !== 'admin') redirect(303, '/');
  if (!accessToken) error(503, 'The server can’t be reached. Try again in a moment.');
  const filters = readFilters(event.url.searchParams);
  const since = filters.period && new Date(Date.now() - periods[filters.period].seconds * 1000).toISOString();
  const cursor = event.url.searchParams.get('cursor') ?? '';
  const wanted = {
    ...{ type: filters.type, user: filters.user, address: filters.address },
    created_from: since,
    cursor,
  } satisfies Partial<Record<keyof SecurityEventQuery, string>>;
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ''));
  query.set('limit', String(rows));
  const call = { token: accessToken, caller: callerOf(event), limit: 5000 };
  const answer = await askGateway(securityEventPage, `/users/api/security-events?${query.toString()}`, call);
  const found = { user, filters, isFirst: cursor === '', wrong: null, failure: null };
  if (answer.ok) return { ...found, events: answer.data.data, next: answer.data.next_cursor };
  const { problem } = answer;
  if (problem.status === 401) error(401, describeProblem(problem), { code: problem.code });
  // A cursor comes with an answer; one that was cut off or made up leads to the first page.
  if (problem.errors?.some(({ path }) => path === 'cursor')) redirect(303, `/security${queryOf(filters)}`);
  const wrong = problem.errors?.find(({ path }) => path === 'user')?.message ?? null;
  return { ...found, events: [], next: null, wrong, failure: wrong ? null : describeProblem(problem) };
};
