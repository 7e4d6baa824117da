import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import { bearer, problems, type ProblemName } from './openapi.ts';
import { guard, type Policy } from '../http/policy.ts';

type Definition<P extends string> = Omit<RouteConfig, 'path' | 'security' | 'middleware'> & {
  path: P;
  policy: Policy;
  /** What it may answer with beside 401 and 403 of the policy, 500 and 503. */
  problems: readonly ProblemName[];
};

/** The problems that a policy itself answers with. */
const refusals = (policy: Policy): ProblemName[] => {
  if (policy === 'public') return [];
  return policy === 'signed-in' ? [401] : [401, 403];
};

/**
 * A route of an API with its guard. What the OpenAPI document says of it (`security`, the answers 401 and 403) follows
 * from the policy that is enforced, so that they cannot disagree.
 */
export const route = <P extends string, const D extends Definition<P>>({
  policy,
  problems: wanted,
  responses,
  ...described
}: D) => {
  // Of this type, because a handler returns what stands in `responses`, and throws a problem.
  const answers: D['responses'] = { ...responses, ...problems(...refusals(policy), ...wanted) };
  return createRoute({
    ...described,
    middleware: guard(policy),
    ...(policy === 'public' ? {} : { security: bearer(policy === 'signed-in' ? [] : policy) }),
    responses: answers,
  });
};
