import { errorCatalogue, problem } from '@live-orders/contracts/rest/errors.ts';
import { role, type Role } from '@live-orders/contracts/domain/users.ts';
import { readAnswers, type RawAnswer } from '@live-orders/test-support/clients/raw.ts';
import type { Operation } from './operations.ts';
import type { Request } from './requests.ts';

/** What Node answers by itself, without a body, to what is no request that it can read; then it closes the connection. */
const bare = new Set([400, 408, 413, 417, 431]);

/** What any call may be answered, whatever its operation: its address, its body or its number is at fault. */
const usual = new Set(['malformed_request', 'too_many_requests', 'body_too_large', 'unsupported_media_type']);

const refusalFault = (answer: RawAnswer, request: Request, operation: Operation): string | null => {
  const type = answer.headers.get('content-type');
  if (answer.body.length === 0 && type === null && bare.has(answer.status)) return null;
  if (type !== 'application/problem+json') return `a refusal as ${type}`;
  if (request.method === 'HEAD') return null;
  const { data } = problem.safeParse(JSON.parse(answer.body.toString()));
  if (!data) return 'a body that is no problem';
  const { code } = data;
  if (errorCatalogue[code].status !== answer.status || data.status !== answer.status)
    return `the status ${answer.status} with the code ${code}`;
  if (request.isOfOperation && !operation.codes.has(code) && !usual.has(code)) return `the undocumented code ${code}`;
  return null;
};

/** Pages that anybody may read and that are no operations of the document. */
const openPages = /^(\/users|\/orders)?\/(api\/openapi\.json|metrics|docs|docs\/.*|\.well-known\/jwks\.json)$/;

/** Who may have asked for this: null where anybody may, nobody where there is no such call. */
const askersOf = ({ method, target }: Request, { path }: Operation, operations: Operation[]): Operation['roles'] => {
  const asked = URL.parse(target, 'http://fuzz')?.pathname ?? target;
  const verb = method === 'HEAD' ? 'GET' : method;
  const isOpen = (one: Operation): boolean => one.roles === null && one.method === verb && one.path.endsWith(asked);
  if (openPages.test(asked) || operations.some(isOpen)) return null;
  if (asked === '/ws') return role.options;
  const same = operations.find((one) => one.path === path && one.method === verb);
  return same ? same.roles : [];
};

/** A request, the operation from which it was made, and who sent it: null without a token. */
interface Sent {
  request: Request;
  operation: Operation;
  held: Role | null;
}

/** What is wrong with what came back, in a few words; null when it is as the documents promise. */
export const faultOf = (received: Buffer, sent: Sent, operations: Operation[]): string | null => {
  const { request, operation, held } = sent;
  const answers = readAnswers(received, request.method === 'HEAD');
  const [answer] = answers;
  if (!answer) return 'no answer';
  if (answers.length > 1) return `${answers.length} answers to one request`;
  const { status } = answer;
  if (status >= 500) return `the status ${status}`;
  if (status >= 400) return refusalFault(answer, request, operation);
  if (status >= 300 && status !== 304) return `a redirection: ${status} to ${answer.headers.get('location')}`;
  const askers = askersOf(request, operation, operations);
  const isOpen = askers === null || (held !== null && askers.includes(held));
  if (!isOpen && request.method !== 'OPTIONS') return `${status}, let in without the right to it`;
  if (request.isOfOperation && !operation.statuses.has(status)) return `the undocumented status ${status}`;
  return null;
};
