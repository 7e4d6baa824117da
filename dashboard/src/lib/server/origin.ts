import { ORIGIN, PUBLIC_GATEWAY_URL } from '$app/env/private';
import type { RequestEvent } from '@sveltejs/kit';

const gatewayPort = 3000;

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

/**
 * The address at which the browser reaches the gateway's WebSocket. Whatever stands before this server, the gateway itself or
 * a proxy before both, has one host for all; a browser that comes straight here finds the gateway beside it.
 */
export function socketUrl(event: Pick<RequestEvent, 'request' | 'url'>): string {
  if (PUBLIC_GATEWAY_URL) {
    const url = new URL(`${PUBLIC_GATEWAY_URL.replace(/\/$/, '')}/ws`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }
  const { host, hostname } = ORIGIN ? new URL(ORIGIN) : event.url;
  const isForwarded = ['x-forwarded-for', 'x-forwarded-proto'].some((name) => event.request.headers.has(name));
  return `${isHttps(event) ? 'wss' : 'ws'}://${isForwarded ? host : `${hostname}:${gatewayPort}`}/ws`;
}
