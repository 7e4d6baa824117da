import { errorCatalogue, type ErrorCode, type FieldError, type Problem } from '@live-orders/contracts/rest/errors.ts';
import type { Context } from 'hono';

/** An error that the caller is told of, as problem details (RFC 9457). May be thrown anywhere in a request. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly code: ErrorCode;
  readonly members: { errors?: FieldError[]; [member: string]: unknown };
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    detail: string,
    members: { errors?: FieldError[]; [member: string]: unknown } = {},
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.code = code;
    this.members = members;
    this.headers = headers;
  }
}

/** The answer for an error code; `members` are added to the problem body. */
export const problemResponse = (c: Context, error: ProblemError): Response => {
  const { status, title } = errorCatalogue[error.code];
  const requestId: unknown = c.get('requestId');
  const body: Problem = {
    type: `urn:live-orders:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...error.members,
    ...(typeof requestId === 'string' ? { request_id: requestId } : {}),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...error.headers });
};
