import { z } from 'zod';
import { minorUnits, uuid } from '../domain/fields.ts';
import { order } from '../domain/orders.ts';
import { orderStatus } from '../domain/order-status.ts';
import { product } from '../domain/products.ts';

/** One invalid field: `path` in dots (`items.0.quantity`), empty for the body as a whole. */
const fieldError = z.object({
  path: z.string().meta({ example: 'items.0.quantity' }),
  message: z.string().meta({ example: 'must be at least 1' }),
});
const fieldErrors = z.array(fieldError);

/** A product of which less is left than was asked for. */
const shortage = z.object({ product_id: uuid, requested: z.int(), available: z.int() });

/** A product that costs something else than the caller was shown, for one unit and in minor units. */
const otherPrice = z.object({ product_id: uuid, expected: minorUnits, price: minorUnits });

/**
 * Every error that the product answers with: its stable code, the HTTP status that goes with it, a short title, and the
 * members that its problem has besides those of every problem. A client decides by `code`; `title` and `detail` are for
 * people.
 */
export const errorCatalogue = {
  malformed_request: { status: 400, title: 'The request could not be read' },
  unauthenticated: { status: 401, title: 'A valid access token is needed' },
  invalid_credentials: { status: 401, title: 'E-mail or password is wrong' },
  forbidden: { status: 403, title: 'This is not allowed here' },
  account_deactivated: { status: 403, title: 'This account is deactivated' },
  not_found: { status: 404, title: 'There is nothing here' },
  email_taken: { status: 409, title: 'This e-mail address is already registered' },
  insufficient_stock: {
    status: 409,
    title: 'There is not enough stock',
    members: z.object({ items: z.array(shortage).min(1), errors: fieldErrors.optional() }),
  },
  price_changed: {
    status: 409,
    title: 'A price is not the one that was shown',
    members: z.object({ items: z.array(otherPrice).min(1), errors: fieldErrors }),
  },
  invalid_transition: {
    status: 409,
    title: 'The order cannot move to this status',
    members: z.object({ current: orderStatus, allowed: z.array(orderStatus) }),
  },
  nothing_to_undo: { status: 409, title: 'The order has no move that could be taken back' },
  undo_expired: { status: 409, title: 'It is too late to take this move back' },
  other_user: { status: 409, title: 'Another user is logged in in this browser' },
  idempotency_in_flight: { status: 409, title: 'The same request is still being worked on' },
  version_conflict: {
    status: 412,
    title: 'Somebody else changed it first',
    members: z.object({ current: z.union([order, product]) }),
  },
  idempotency_key_reused: {
    status: 422,
    title: 'This idempotency key belongs to another request',
    members: z.object({ errors: fieldErrors }),
  },
  view_name_taken: { status: 409, title: 'You have a view of this name already' },
  too_many_views: { status: 409, title: 'You keep as many views as can be kept' },
  last_admin: { status: 409, title: 'The last active administrator must stay' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has to be JSON' },
  validation_failed: {
    status: 422,
    title: 'Some fields are not valid',
    members: z.object({ errors: fieldErrors }),
  },
  unknown_product: {
    status: 422,
    title: 'An ordered product does not exist',
    members: z.object({ errors: fieldErrors }),
  },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  upstream_unavailable: { status: 502, title: 'A part of the system cannot be reached' },
  unavailable: { status: 503, title: 'The service is not available at the moment' },
  upstream_timeout: { status: 504, title: 'A part of the system took too long to answer' },
} as const satisfies Record<string, { status: number; title: string; members?: z.ZodObject }>;

type Catalogue = typeof errorCatalogue;
export type ErrorCode = keyof Catalogue;
/** A code whose problem has members of its own. */
export type DetailedCode = { [C in ErrorCode]: Catalogue[C] extends { members: z.ZodType } ? C : never }[ErrorCode];
type Members = { [C in DetailedCode]: z.output<Catalogue[C]['members']> };
export type ProblemMembers<C extends DetailedCode> = Members[C];

export const errorCodes = Object.keys(errorCatalogue).filter((code): code is ErrorCode => code in errorCatalogue);

/** The URI by which RFC 9457 identifies a kind of problem; it says the same as the code. */
export const problemType = (code: ErrorCode): string => `urn:live-orders:error:${code}`;

/**
 * RFC 9457 problem details, media type `application/problem+json`. Further members depend on the code, see `membersOf`;
 * `errors` is common to several.
 */
export const problem = z
  .looseObject({
    type: z.string().meta({ example: problemType('validation_failed') }),
    title: z.string().meta({ example: 'Some fields are not valid' }),
    status: z.int().meta({ example: 422 }),
    code: z.enum(errorCodes).meta({ description: 'Stable; decide by it', example: 'validation_failed' }),
    detail: z.string().meta({ example: 'See errors for each field.' }),
    errors: fieldErrors.optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

const memberSchemas: { [C in DetailedCode]: { members: z.ZodType<ProblemMembers<C>> } } = errorCatalogue;

/** The members that this code adds to its problem; null when the problem is another one, or lacks them. */
export const membersOf = <C extends DetailedCode>(code: C, given: Problem | null): ProblemMembers<C> | null => {
  if (given?.code !== code) return null;
  const parsed = memberSchemas[code].members.safeParse(given);
  return parsed.success ? parsed.data : null;
};
