import {
  errorCatalogue,
  type ErrorCode,
  errorCodes,
  problem,
  problemType,
} from '@live-orders/contracts/rest/errors.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { z } from 'zod';

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const, example },
});

/** Headers that answers carry. */
const answered = {
  ETag: header('The version that is answered, for If-Match and If-None-Match', '"3"'),
  Location: header('Where the new one is', '/orders/api/orders/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'),
  'Idempotent-Replayed': header('`true` on the stored answer of an earlier request with the same key', 'true'),
  'Retry-After': header('Seconds to wait before another try', '2'),
  'RateLimit-Policy': header('What may be done how often: `q` times within `w` seconds', '"login";q=10;w=300'),
  RateLimit: header('What is left of that: `r` times, and all of it again in `t` seconds', '"login";r=9;t=300'),
} as const;
type AnsweredHeader = keyof typeof answered;

/** Those of an answer to what is counted. */
export const rateLimited = ['RateLimit-Policy', 'RateLimit'] as const satisfies AnsweredHeader[];

const pick = (names: readonly AnsweredHeader[]) =>
  names.length === 0 ? {} : { headers: Object.fromEntries(names.map((name) => [name, answered[name]])) };

/**
 * `security` of an operation that needs an access token, and of these one with such a role where some are named: OpenAPI 3.1
 * lets roles stand there.
 */
export const bearer = (roles: readonly Role[]): Record<string, string[]>[] => [{ bearer: [...roles] }];

/** A JSON body or answer in a route's OpenAPI description. */
export const json = <T extends z.ZodType>(schema: T, description: string, ...headers: AnsweredHeader[]) => ({
  description,
  content: { 'application/json': { schema } },
  ...pick(headers),
});

/** An answer without a body. */
export const empty = (description: string, ...headers: AnsweredHeader[]) => ({ description, ...pick(headers) });

/** A required JSON body; a request with one can always be answered with `bodyProblems`. */
export const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});
export const bodyProblems = [400, 413, 415, 422] as const;

/** The code that is meant where only a status is named; other codes of the same status are named themselves. */
const usual = {
  400: 'malformed_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  412: 'version_conflict',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  422: 'validation_failed',
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'unavailable',
} as const satisfies Record<number, ErrorCode>;

const extraHeaders: Partial<Record<ErrorCode, AnsweredHeader | readonly AnsweredHeader[]>> = {
  version_conflict: 'ETag',
  idempotency_in_flight: 'Retry-After',
  too_many_requests: ['Retry-After', ...rateLimited],
  upstream_unavailable: 'Retry-After',
  unavailable: 'Retry-After',
  upstream_timeout: 'Retry-After',
};

/** A problem that a route may answer with: a status for its usual code, or a code. */
export type ProblemName = keyof typeof usual | ErrorCode;

const isStatus = (value: ProblemName): value is keyof typeof usual => typeof value === 'number';

/** `insufficient_stock` → `InsufficientStockProblem`. */
const schemaName = (code: ErrorCode): string =>
  `${code.replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase())}Problem`;

/** The schema of a code's problem: the common one, and with members of its own one that has these too. */
const schemaOf = (code: ErrorCode): z.ZodType => {
  const entry = errorCatalogue[code];
  if (!('members' in entry)) return problem;
  const { type, title, status } = problem.shape;
  const shape = {
    type: type.meta({ example: problemType(code) }),
    title: title.meta({ example: entry.title }),
    status: status.meta({ example: entry.status }),
    code: z.literal(code),
    detail: z.string(),
  };
  return problem.extend({ ...shape, ...entry.members.shape }).meta({ id: schemaName(code) });
};

const problemSchemas = new Map(errorCodes.map((code) => [code, schemaOf(code)]));

const schemaOfAny = (codes: ErrorCode[]): z.ZodType => {
  const [first = problem, ...others] = new Set(codes.map((code) => problemSchemas.get(code) ?? problem));
  return others.length === 0 ? first : z.union([first, ...others]);
};

const problemOf = (codes: ErrorCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].title}`).join('; '),
  content: { 'application/problem+json': { schema: schemaOfAny(codes) } },
  ...pick([...new Set(codes.flatMap((code) => extraHeaders[code] ?? []))]),
});

/**
 * The problems that a route may answer with: statuses for their usual code, and codes. Any call may also be one too many
 * of the caller's at once (the gateway counts), or meet a fault of ours, or a store that is away.
 */
export const problems = (...wanted: ProblemName[]): Record<string, ReturnType<typeof problemOf>> => {
  const codes = [...wanted, 429 as const, 500 as const, 503 as const].map((one) => (isStatus(one) ? usual[one] : one));
  const byStatus = Map.groupBy(new Set(codes), (code) => String(errorCatalogue[code].status));
  return Object.fromEntries([...byStatus].map(([status, list]) => [status, problemOf(list)]));
};

export interface About {
  title: string;
  description: string;
  tags: { name: string; description: string }[];
}

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The OpenAPI document of what is routed on `api`. */
export const describeApi = <E extends Env>(api: OpenAPIHono<E>, about: About): OpenApiDocument => {
  const { title, description, tags } = about;
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of a login; it lives 5 minutes',
  });
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title, version: '1.0.0', description, license: { name: 'MIT' } },
    tags,
  });
};
