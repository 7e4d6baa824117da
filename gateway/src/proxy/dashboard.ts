import { changeHeaders, pageUserHeader } from '@live-orders/contracts/change-headers.ts';
import { proxySecretHeader } from '@live-orders/contracts/proxy-secret.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { MiddlewareHandler } from 'hono';
import type { Callers } from '../http/callers.ts';
import { cameByHttps } from '../http/transport-security.ts';
import type { Upstream } from '../http/upstream.ts';
import type { RequestRates } from '../limits/request-rates.ts';
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
  ...changeHeaders,
  pageUserHeader,
];

/**
 * Whether a page has to be made, which takes the dashboard some milliseconds. What a page loads is a file, or a call that the
 * gateway counts when the dashboard makes it; there are dozens for each page, so they would use up the budget of an office.
 */
const isPage = (path: string): boolean => !/^\/(_app|api)\//.test(path) && !path.endsWith('/__data.json');

interface DashboardOptions {
  dashboard: Upstream;
  callers: Callers;
  rates: Pick<RequestRates, 'count'>;
  /** By it the dashboard knows that the gateway has written for whom it asks. */
  secret: string | undefined;
  log: Log;
}

export type Pages = (c: ProxyContext) => Promise<Response>;

/**
 * Passes requests on to the dashboard as they are, so that pages, REST and stream have one origin. Throws what `forward` throws,
 * and `too_many_requests`: pages count as requests without a token do.
 */
export const pagesOf =
  ({ dashboard, callers, rates, secret, log }: DashboardOptions): Pages =>
  async (c) => {
    // As the dashboard reads the path, to which `/api/%2e%2e/login` is `/login`.
    const ofPage = isPage(new URL(c.req.url).pathname);
    if (ofPage) rates.count(c, undefined);
    // The form that logs in waits for a password to be hashed, as a login by REST does, and not in the way of pages.
    const isForm = ofPage && c.req.method === 'POST';
    const headers = {
      ...headersFor(c, forwarded, callers),
      'x-forwarded-proto': cameByHttps(c, callers) ? 'https' : 'http',
      ...(secret === undefined ? {} : { [proxySecretHeader]: secret }),
    };
    return forward(c, {
      connections: isForm ? dashboard.anonymous : dashboard.requests,
      name: 'dashboard',
      prefix: '',
      headers,
      log,
    });
  };

/** For an address that has both a page and an answer to programs: whoever asks for HTML, as browsers do, gets the page. */
export const pageForBrowsers =
  (pages: Pages): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.header('accept')?.includes('text/html')) c.res = await pages(c);
    else await next();
    // Not by the context, which would copy the answer and read its body through a stream.
    c.res.headers.append('vary', 'accept');
  };
