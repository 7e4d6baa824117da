import { proxySecretHeader } from '@live-orders/contracts/rest/proxy-secret.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { MiddlewareHandler } from 'hono';
import type { Callers } from '../http/callers.ts';
import { cameByHttps } from '../http/transport-security.ts';
import type { Upstream } from '../http/upstream.ts';
import { forward, headersFor, type ProxyContext } from './forward.ts';

/**
 * What the dashboard reads of a browser's headers. `host` is the address that people opened, with which the dashboard
 * compares the origin of a form.
 */
const forwarded = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'cookie',
  'host',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'origin',
  'range',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'tracestate',
  'user-agent',
  'x-sveltekit-action',
  'x-sveltekit-pathname',
  'x-sveltekit-search',
];

interface DashboardOptions {
  dashboard: Upstream;
  callers: Callers;
  /** By it the dashboard knows that the gateway has written for whom it asks. */
  secret: string | undefined;
  log: Log;
}

export type Pages = (c: ProxyContext) => Promise<Response>;

/** Passes requests on to the dashboard as they are, so that pages, REST and stream have one origin. Throws what `forward` throws. */
export const pagesOf =
  ({ dashboard, callers, secret, log }: DashboardOptions): Pages =>
  (c) => {
    const headers = {
      ...headersFor(c, forwarded, callers),
      'x-forwarded-proto': cameByHttps(c, callers) ? 'https' : 'http',
      ...(secret === undefined ? {} : { [proxySecretHeader]: secret }),
    };
    return forward(c, { connections: dashboard.requests, name: 'dashboard', prefix: '', headers, log });
  };

/** For an address that has both a page and an answer to programs: whoever asks for HTML, as browsers do, gets the page. */
export const pageForBrowsers =
  (pages: Pages): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.header('accept')?.includes('text/html')) c.res = await pages(c);
    else await next();
    c.header('vary', 'accept', { append: true });
  };
