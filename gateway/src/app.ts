import { liveness } from '@live-orders/contracts/rest/health.ts';
import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { ticket as ticketShape, ticketSeconds } from '@live-orders/contracts/socket/tickets.ts';
import type { AuthEnv, Authority } from '@live-orders/runtime/http/auth.ts';
import { empty, json } from '@live-orders/runtime/api/openapi.ts';
import type { Denials } from '@live-orders/runtime/audit/denials.ts';
import { recordDenials, usualDenials } from '@live-orders/runtime/audit/record-denials.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { guard, withAuthority } from '@live-orders/runtime/http/policy.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { type Admission, full, notReady } from './connections/admission.ts';
import type { Origins } from './connections/origins.ts';
import { registerServerSentEvents } from './connections/sse.ts';
import type { Tickets } from './connections/tickets.ts';
import { registerDocs } from './docs/docs.ts';
import type { Hub } from './fanout/hub.ts';
import { type Callers, tellAddress } from './http/callers.ts';
import { crossOrigin } from './connections/cross-origin.ts';
import { strictTransport } from './http/transport-security.ts';
import type { Upstream } from './http/upstream.ts';
import { BodyMemory } from './limits/body-memory.ts';
import type { RequestRates } from './limits/request-rates.ts';
import { compressed } from './proxy/compression.ts';
import { pageForBrowsers, type Pages } from './proxy/dashboard.ts';
import { proxyTo } from './proxy/proxy.ts';
import { signedInUnlessPublic } from './proxy/public-calls.ts';

interface GatewayOptions {
  log: Log;
  authority: Authority;
  tickets: Tickets;
  origins: Origins;
  callers: Callers;
  rates: RequestRates;
  denials: Pick<Denials, 'record'>;
  users: Upstream;
  orders: Upstream;
  /** The dashboard's pages, where the gateway stands before them. */
  pages?: Pages | null;
  hub: Hub;
  admission: Admission;
  /** Is called for each connection that the gateway closes. */
  countClose: (reason: CloseReason) => void;
}

const healthRoute = route({
  policy: 'public',
  method: 'get',
  path: '/',
  operationId: 'getGatewayHealth',
  summary: 'Whether the gateway runs',
  tags: ['live'],
  responses: { 200: json(liveness, 'It runs') },
  problems: [],
});
const readyRoute = route({
  policy: 'public',
  method: 'get',
  path: '/ready',
  operationId: 'getGatewayReadiness',
  summary: 'Whether new clients may be sent here',
  description:
    'Not before the position in the stream is known, not while every place is taken, and no longer once the gateway is ' +
    'asked to stop. Customers cannot take every place, so they cannot take a gateway out of a balancer’s rotation.',
  tags: ['live'],
  responses: { 204: empty('They may') },
  problems: [],
});
const ticketRoute = route({
  policy: 'signed-in',
  method: 'post',
  path: '/live/ticket',
  operationId: 'createTicket',
  summary: 'A ticket that opens one connection, or renews one',
  description: `Good once and for ${ticketSeconds} seconds, as in \`GET /ws?ticket=…\` or \`GET /live/events?ticket=…\`.`,
  tags: ['live'],
  responses: { 201: json(ticketShape, 'Issued') },
  problems: [413],
});

/** The gateway's HTTP app: everything but the WebSocket, and not listening yet. */
export const createGatewayApp = (options: GatewayOptions): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(
    options.log,
    tellAddress(options.callers),
    // Roles are checked by the services: what is forbidden here is forbidden to a page.
    recordDenials(options.denials, (code) => (code === 'forbidden' ? 'origin.refused' : usualDenials(code))),
    withAuthority(options.authority),
    strictTransport(options.callers),
    crossOrigin(options.origins),
    new BodyMemory(options.callers).limit,
  );
  if (options.pages) app.use(healthRoute.path, pageForBrowsers(options.pages));
  app.openapi(healthRoute, (c) => c.json({ name: 'gateway', status: 'up' as const }, 200));
  app.openapi(readyRoute, (c) => {
    if (!options.admission.isOpen) throw notReady();
    if (options.admission.isFull) throw full();
    return c.body(null, 204);
  });

  const signedIn = options.rates.guard(guard('signed-in'));
  app.openapi(createRoute({ ...ticketRoute, middleware: signedIn }), async (c) => {
    // Whoever is given a ticket may come with it to this very gateway, which lets nobody in any more.
    if (options.admission.isStopping) throw notReady();
    const ticket = await options.tickets.issue(c.var.identity);
    return c.json({ ticket, expires_in: ticketSeconds }, 201, { 'cache-control': 'no-store' });
  });
  // Who may not call this address is told so first, and only then that it has no such method.
  app.all(ticketRoute.path, signedIn, (c) => c.notFound());

  registerServerSentEvents(app, options);

  const guarded = options.rates.guard(signedInUnlessPublic);
  for (const upstream of [options.users, options.orders]) {
    const forward = proxyTo({ upstream, callers: options.callers, log: options.log });
    // Only the API of a service is forwarded; its keys are not for the outside.
    app.all(`/${upstream.name}/api`, guarded, forward);
    // Not those of users: an answer with secrets, such as a login's, tells by its length what else is in it (BREACH).
    if (upstream === options.orders) app.all(`/${upstream.name}/api/*`, guarded, compressed, forward);
    else app.all(`/${upstream.name}/api/*`, guarded, forward);
  }
  const counted = options.rates.guard(guard('public'));
  registerDocs(app, { usersUrl: options.users.url, ordersUrl: options.orders.url, counted, log: options.log });
  return app;
};
