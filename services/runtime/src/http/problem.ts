import {
  type DetailedCode,
  errorCatalogue,
  type ErrorCode,
  type Problem,
  type ProblemMembers,
  problemType,
} from '@live-orders/contracts/rest/errors.ts';
import type { Context } from 'hono';

type Headers = Record<string, string>;

/** The members that the catalogue of errors asks for with this code: exactly these, or none. */
type Given<C extends ErrorCode> = C extends DetailedCode
  ? [members: ProblemMembers<C>, headers?: Headers]
  : [members?: Record<string, never>, headers?: Headers];

type Arguments = { [C in ErrorCode]: [code: C, detail: string, ...given: Given<C>] }[ErrorCode];

/** An error that the caller is told of, as problem details (RFC 9457). May be thrown anywhere in a request. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly code: ErrorCode;
  readonly members: object;
  readonly headers: Headers;

  /** `members` go into the problem's body beside those that every problem has, `headers` into the answer's headers. */
  constructor(...[code, detail, members = {}, headers = {}]: Arguments) {
    super(detail);
    this.code = code;
    this.members = members;
    this.headers = headers;
  }
}

/** The answer to a request that failed so. */
export const problemResponse = (c: Context, error: ProblemError): Response => {
  const { status, title } = errorCatalogue[error.code];
  const requestId: unknown = c.get('requestId');
  const body: Problem = {
    type: problemType(error.code),
    title,
    status,
    code: error.code,
    detail: error.message,
    ...error.members,
    ...(typeof requestId === 'string' ? { request_id: requestId } : {}),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...error.headers });
};
