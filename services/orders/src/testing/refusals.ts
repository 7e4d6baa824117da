import assert from 'node:assert/strict';
import {
  type DetailedCode,
  errorCatalogue,
  type ErrorCode,
  membersOf,
  problem,
  type Problem,
  type ProblemMembers,
} from '@live-orders/contracts/rest/errors.ts';
import type { Answer } from './test-orders-service.ts';

/** A refusal must have this code, and the status that goes with it. */
export const refused = ({ status, body }: Answer, code: ErrorCode): Problem => {
  const given = problem.parse(body);
  const expected = { status: errorCatalogue[code].status, code };
  assert.deepEqual({ status, code: given.code }, expected, JSON.stringify(body));
  return given;
};

/** The same of a code whose problem has members; gives these. */
export const refusedWith = <C extends DetailedCode>(answer: Answer, code: C): ProblemMembers<C> => {
  const members = membersOf(code, refused(answer, code));
  assert(members, `a problem without the members of ${code}: ${JSON.stringify(answer.body)}`);
  return members;
};

/** A refusal for want of stock names only products of which less is left than was asked for. */
export const refusedForStock = (answer: Answer): void => {
  const { items: short } = refusedWith(answer, 'insufficient_stock');
  assert(short.every(({ requested, available }) => available >= 0 && available < requested));
};
