import { GATEWAY_URL, ORIGIN, PUBLIC_GATEWAY_PORT, PUBLIC_GATEWAY_URL } from '$app/env/private';
import type { RequestEvent } from '@sveltejs/kit';

/** Whether the browser reaches us by https. `url.protocol` does not tell, because the adapter says https for every request. */
export function isHttps({ request }: Pick<RequestEvent, 'request'>): boolean {
  if (ORIGIN) return ORIGIN.startsWith('https:');
  return request.headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https';
}

function isOwn(address: string, url: URL): boolean {
  if (!URL.canParse(address)) return false;
  const { host, origin } = new URL(address);
  return ORIGIN ? origin === ORIGIN : host === url.host;
}

/**
 * Whether a request that changes something was sent by a page of ours. Browsers tell by `Sec-Fetch-Site`, but send it to
 * https addresses and to localhost only. Elsewhere, such as on a phone at http://192.168.…, `Origin` or `Referer` tells.
 */
export function isFromOwnPage({ request, url }: RequestEvent): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return false;
  const address = request.headers.get('origin') ?? request.headers.get('referer');
  return address === null ? site !== null : isOwn(address, url);
}

const socketPath = '/ws';

/**
 * The address at which the browser reaches the gateway's WebSocket, a path where it is the page's own. Whatever stands before
 * this server, the gateway itself or a proxy before both, has one address for all; a browser that comes straight here finds
 * the gateway beside it, by https if that is how this server asks it.
 */
export function socketUrl({ request, url }: Pick<RequestEvent, 'request' | 'url'>): string {
  if (PUBLIC_GATEWAY_URL) {
    const address = new URL(`${PUBLIC_GATEWAY_URL.replace(/\/$/, '')}${socketPath}`);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return address.href;
  }
  if (request.headers.has('x-forwarded-proto')) return socketPath;
  const isSecure = isHttps({ request }) || GATEWAY_URL.startsWith('https:');
  return `${isSecure ? 'wss' : 'ws'}://${url.hostname}:${PUBLIC_GATEWAY_PORT}${socketPath}`;
}

/**
 * What a page may connect to besides its own address, as Content-Security-Policy has it: the socket and, where WebSockets are
 * blocked, the server-sent events at the same address. For older browsers a page's own address has no sockets.
 */
export function socketSources(event: Pick<RequestEvent, 'request' | 'url'>): string {
  const address = socketUrl(event);
  if (address !== socketPath) {
    const { origin } = new URL(address);
    return `${origin} ${origin.replace(/^ws/, 'http')}`;
  }
  const host = ORIGIN ? new URL(ORIGIN).host : event.url.host;
  // The gateway passes on that a browser came by https only if it trusts the proxy that says so.
  const schemes = isHttps(event) ? ['wss', 'https'] : ['ws', 'http', 'wss', 'https'];
  return schemes.map((scheme) => `${scheme}://${host}`).join(' ');
}
