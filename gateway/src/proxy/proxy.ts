import { changeHeaders } from '@live-orders/contracts/change-headers.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { placeOf } from '@live-orders/runtime/http/place.ts';
import { type Callers, callerOf } from '../http/callers.ts';
import type { Upstream } from '../http/upstream.ts';
import { forward, headersFor, type ProxyContext } from './forward.ts';
import { InFlight } from './in-flight.ts';

/** What services read of a caller's headers. */
const forwarded = [
  'accept',
  'accept-language',
  'authorization',
  'content-encoding',
  'content-type',
  ...changeHeaders,
  'if-none-match',
  'tracestate',
  'user-agent',
];
/** What each user may have under way at once. */
const requestsPerUser = 32;
const exportsPerUser = 2;
/**
 * And each address without a token. Right passwords of an own account are not counted, but hashed one after the other: 150
 * such logins at once from each of four addresses held every connection for 15 s, so that others got 504.
 */
const requestsPerAddress = 32;

const isExport = (path: string): boolean => path.endsWith('/export');

interface ProxyOptions {
  upstream: Upstream;
  /** Tells whom a request is of; the service learns that as `x-forwarded-for`. */
  callers: Callers;
  log: Log;
  patienceMs?: number;
  stalledMs?: number;
}

/**
 * Forwards requests below `/<name>/` to the service of that name, without that prefix. Throws what `forward` throws, and
 * `too_many_requests`.
 */
export const proxyTo = ({ upstream, callers, ...options }: ProxyOptions) => {
  const prefix = `/${upstream.name}`;
  const requests = new InFlight('a user', requestsPerUser);
  const exports = new InFlight('a user', exportsPerUser);
  const anonymous = new InFlight('an address', requestsPerAddress);
  const enterAnonymous = (address: string): (() => void) =>
    // Any number of people may share a proxy that does not tell for whom it asks.
    callers.isProxy(address) ? () => undefined : anonymous.enter(placeOf(address));
  return async (c: ProxyContext): Promise<Response> => {
    const user = c.get('identity')?.id;
    const [connections, inFlight] = isExport(c.req.path) ? [upstream.exports, exports] : [upstream.requests, requests];
    const way =
      user === undefined
        ? { connections: upstream.anonymous, release: enterAnonymous(callerOf(c, callers)) }
        : { connections, release: inFlight.enter(user) };
    const headers = { ...headersFor(c, forwarded, callers), 'x-forwarded-prefix': prefix };
    return forward(c, { ...options, ...way, name: `${upstream.name} service`, prefix, headers });
  };
};
