import { problem } from '@live-orders/contracts/errors.ts';
import type { z } from 'zod';

/** A JSON body or answer in a route's OpenAPI description. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A required JSON body. */
export const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});

const failures: Record<number, string> = {
  400: 'The request could not be read',
  401: 'No valid access token',
  403: 'Not for this role',
  404: 'Not there, or not yours',
  409: 'In conflict with the present state; see code',
  412: 'Another version than If-Match names; `current` has it',
  413: 'Body over 256 KiB',
  415: 'The body is not JSON',
  422: 'Fields that are not valid, each named',
  429: 'Too many attempts; see Retry-After',
};

/** The problem answers of a route. */
export const problems = (...statuses: (keyof typeof failures)[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: failures[status] ?? '', content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
