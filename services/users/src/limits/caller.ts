import { placeOf } from '@live-orders/runtime/http/place.ts';
import type { Context } from 'hono';

/** Who asks for work on passwords, as far as the share of that work depends on it. */
export interface Caller {
  /** Where the request came from, as `placeOf` says it. */
  place: string;
  /** Whether somebody is logged in, or has logged in to this account from this place before. */
  isKnown: boolean;
}

/** Where a request came from, as the gateway says; it removes what a client claims. */
export const placeOfCaller = (c: Context): string => placeOf(c.req.header('x-forwarded-for') ?? 'direct');
