import { placeOf } from '@live-orders/runtime/http/place.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context, MiddlewareHandler } from 'hono';
import { type Callers, callerOf } from '../http/callers.ts';

/** What the bodies of all requests under way may have together, and those from one address. */
const allBytes = 64 * 1024 * 1024;
const bytesPerPlace = 4 * 1024 * 1024;
/** The largest body, as the app refuses it: a body whose length is not told may become so long. */
const bodyBytes = 256 * 1024;

/** What a request's body takes at most: nothing without one. */
const lengthOf = (c: Context): number => {
  const told = c.req.header('content-length');
  if (told !== undefined) return Math.min(Number(told) || 0, bodyBytes);
  return c.req.header('transfer-encoding') === undefined ? 0 : bodyBytes;
};

/**
 * Bounds what the bodies of requests hold in memory while they come in and until they are answered. 1,000 bodies that one
 * caller sent slowly made a gateway grow by 309 MB; with this bound by 94 MB, most of it garbage of bodies that were
 * refused. A body counts from its beginning with its whole length, for whoever begins one may send it.
 */
export class BodyMemory {
  readonly #callers: Callers;
  readonly #byPlace = new Map<string, number>();
  #all = 0;

  constructor(callers: Callers) {
    this.#callers = callers;
  }

  /** Goes before whatever reads a body. Throws `too_many_requests` for an address that sends too much, `unavailable` for all. */
  readonly limit: MiddlewareHandler = async (c, next) => {
    const bytes = lengthOf(c);
    if (bytes === 0) return next();
    const address = callerOf(c, this.#callers);
    // Any number of people may share a proxy that does not tell whom it speaks for.
    const place = this.#callers.isProxy(address) ? null : placeOf(address);
    this.#take(place, bytes);
    try {
      await next();
    } finally {
      this.#give(place, bytes);
    }
  };

  #take(place: string | null, bytes: number): void {
    // The body is not read, so the connection cannot carry another request.
    const headers = { 'retry-after': '2', connection: 'close' };
    if (this.#all + bytes > allBytes)
      throw new ProblemError('unavailable', 'Too many request bodies are on their way.', {}, headers);
    const held = place === null ? 0 : (this.#byPlace.get(place) ?? 0);
    if (held + bytes > bytesPerPlace)
      throw new ProblemError('too_many_requests', 'Too many bodies are on their way from your address.', {}, headers);
    this.#all += bytes;
    if (place !== null) this.#byPlace.set(place, held + bytes);
  }

  #give(place: string | null, bytes: number): void {
    this.#all -= bytes;
    if (place === null) return;
    const left = (this.#byPlace.get(place) ?? bytes) - bytes;
    if (left > 0) this.#byPlace.set(place, left);
    else this.#byPlace.delete(place);
  }
}
