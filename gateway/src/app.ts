import { type GatewayHealth, gatewayHealth } from '@live-orders/contracts/rest/health.ts';
import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { ticket as ticketShape, ticketSeconds } from '@live-orders/contracts/socket/tickets.ts';
import { authenticate, type AuthEnv, type Verify } from '@live-orders/runtime/http/auth.ts';
import { bearer, empty, json, problems } from '@live-orders/runtime/http/openapi.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { registerMetrics } from '@live-orders/runtime/http/common-routes.ts';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import type { Registry } from 'prom-client';
import { type Admission, notReady } from './connections/admission.ts';
import type { Origins } from './connections/origins.ts';
import { registerServerSentEvents } from './connections/sse.ts';
import type { Tickets } from './connections/tickets.ts';
import { registerDocs } from './docs/docs.ts';
import type { Hub } from './fanout/hub.ts';
import type { Upstream } from './http/upstream.ts';
import { proxyTo } from './proxy/proxy.ts';
import { authenticateUnlessPublic } from './proxy/public-calls.ts';

interface GatewayOptions {
  log: Log;
  metrics: Registry;
  verify: Verify;
  tickets: Tickets;
  origins: Origins;
  users: Upstream;
  orders: Upstream;
  hub: Hub;
  admission: Admission;
  /** Is called for each connection that the gateway closes. */
  countClose: (reason: CloseReason) => void;
  health: () => GatewayHealth;
}

const healthRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'getGatewayHealth',
  summary: 'Health of the gateway, and the state of what it depends on',
  tags: ['live'],
  responses: { 200: json(gatewayHealth, 'It runs'), ...problems() },
});
const readyRoute = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'getGatewayReadiness',
  summary: 'Whether new clients may be sent here',
  description: 'Not before the position in the stream is known, and no longer once the gateway is asked to stop.',
  tags: ['live'],
  responses: { 204: empty('They may'), ...problems() },
});
const ticketRoute = createRoute({
  method: 'post',
  path: '/live/ticket',
  operationId: 'createTicket',
  summary: 'A ticket that opens one connection, or renews one',
  description: `Good once and for ${ticketSeconds} seconds, as in \`GET /ws?ticket=…\` or \`GET /live/events?ticket=…\`.`,
  tags: ['live'],
  security: bearer,
  responses: { 201: json(ticketShape, 'Issued'), ...problems(401, 413) },
});

/** The gateway's HTTP app: everything but the WebSocket, and not listening yet. */
export const createGatewayApp = (options: GatewayOptions): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(
    options.log,
    cors({
      origin: (origin, c) => (options.origins.allows(origin, c.req.header('host')) ? origin : null),
      allowMethods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
      allowHeaders: [
        'authorization',
        'content-type',
        'idempotency-key',
        'if-match',
        'if-none-match',
        'last-event-id',
        'x-request-id',
      ],
      exposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'idempotent-replayed'],
      maxAge: 600,
    }),
  );
  app.openapi(healthRoute, (c) => c.json(options.health(), 200));
  app.openapi(readyRoute, (c) => {
    if (!options.admission.isOpen) throw notReady();
    return c.body(null, 204);
  });
  registerMetrics(app, options.metrics);

  app.use('/live/ticket', authenticate(options.verify));
  app.openapi(ticketRoute, async (c) => {
    // Whoever is given a ticket may come with it to this very gateway, which lets nobody in any more.
    if (options.admission.isStopping) throw notReady();
    const ticket = await options.tickets.issue(c.var.identity);
    return c.json({ ticket, expires_in: ticketSeconds }, 201, { 'cache-control': 'no-store' });
  });

  registerServerSentEvents(app, options);

  const authenticated = authenticateUnlessPublic(options.verify);
  for (const upstream of [options.users, options.orders]) {
    const forward = proxyTo(upstream, options.log);
    // Only the API of a service is forwarded; its metrics and its keys are not for the outside.
    app.all(`/${upstream.name}/api`, authenticated, forward);
    app.all(`/${upstream.name}/api/*`, authenticated, forward);
  }
  registerDocs(app, { usersUrl: options.users.url, ordersUrl: options.orders.url, log: options.log });
  return app;
};
