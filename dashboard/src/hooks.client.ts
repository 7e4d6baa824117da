import { config } from 'zod';
import type { HandleClientError } from '@sveltejs/kit/hooks';
import { isReachable, unreachable } from '#lib/navigation/reach.ts';

// Without this, zod tries to compile its parsers by `eval`, which the content security policy forbids and reports.
config({ jitless: true });

/** What comes here unforeseen is a mistake, or the page could not be read because the server is away. */
export const handleError: HandleClientError = async ({ kind }) => {
  if (kind !== 'unknown' || (await isReachable())) return {};
  return { status: 503, message: `${unreachable.title}. ${unreachable.advice}` };
};
