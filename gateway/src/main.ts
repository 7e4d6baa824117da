/*
 * The gateway's rooms. Each imports only from those on the floors below it:
 *
 *   main.ts, app.ts      puts everything together
 *   connections          who may follow the stream, and the two transports
 *   stream, presence     what comes from Redis, and how far the stages of the stream are behind; who is at which order
 *   proxy                the REST calls that are passed on to the services, and pages to the dashboard
 *   limits               how much each caller may take of the gateway
 *   fanout, http, docs   what each client is sent; the services behind the gateway; the documents
 *
 * `testing` stands above all of them: only tests import it.
 */
import { join } from 'node:path';
import { Denials } from '@live-orders/runtime/audit/denials.ts';
import { sendSecurityEvents } from '@live-orders/runtime/audit/stream.ts';
import { createVerifier, remoteKeys } from '@live-orders/runtime/http/auth.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import { httpServer } from '@live-orders/runtime/http/server.ts';
import { SessionCheck } from '@live-orders/runtime/http/session-check.ts';
import { guard } from '@live-orders/runtime/http/policy.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { proxySecret } from '@live-orders/contracts/rest/proxy-secret.ts';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { createGatewayApp } from './app.ts';
import { Admission } from './connections/admission.ts';
import { measureClients } from './connections/client-metrics.ts';
import { Drain } from './connections/drain.ts';
import { originList, Origins } from './connections/origins.ts';
import { asksForSocket } from './connections/upgrades.ts';
import { Tickets } from './connections/tickets.ts';
import { registerWebSocket } from './connections/websocket.ts';
import { History } from './fanout/history.ts';
import { Hub } from './fanout/hub.ts';
import { refuseRevoked, Revocations } from './fanout/revocations.ts';
import { Callers, readProxies } from './http/callers.ts';
import { certificateFiles, certificateOf, checkCertificate } from './http/certificate.ts';
import { Upstream } from './http/upstream.ts';
import { Connections, limitConnections } from './limits/connections.ts';
import { Rate, RequestRates } from './limits/request-rates.ts';
import { pagesOf } from './proxy/dashboard.ts';
import { PresenceChannel } from './presence/presence-channel.ts';
import { Heartbeat } from './stream/heartbeat.ts';
import { StageFreshness } from './stream/stage-freshness.ts';
import { StagePoll } from './stream/stage-poll.ts';
import { measureStream } from './stream/stream-metrics.ts';
import { Subscriber } from './stream/subscriber.ts';

/** What the texts of the events in memory may take, in UTF-16 units. */
const historyChars = 64 * 1024 * 1024;
/** A process has 8 s to stop; this is what is left of them for requests under way, once the clients are gone. */
const graceMs = 2_000;
/**
 * Connections beside those of clients of the stream, for REST. Each takes a file descriptor; the process needs some 900
 * more for services, Redis and files.
 */
const connectionsForRest = 2_000;

const config = loadConfig(
  'gateway',
  z
    .object({
      ...settings.process,
      ...settings.port(3000),
      ...settings.operations,
      ...settings.operationsPort(3010),
      ...settings.redis,
      ...settings.tokens,
      ORDERS_URL: z.url().default('http://127.0.0.1:3001'),
      BRIDGE_URL: z.url().default('http://127.0.0.1:3004'),
      /** Where the services tell operators how far behind they are. */
      USERS_OPS_URL: z.url().default('http://127.0.0.1:3012'),
      ORDERS_OPS_URL: z.url().default('http://127.0.0.1:3011'),
      /** The dashboard, to which everything goes that is not the gateway's own; none: it has an address of its own. */
      DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
      /** Pages of other addresses that may use the gateway, separated by commas. */
      ALLOWED_ORIGINS: originList,
      /** Events kept in memory for clients that come back. */
      HISTORY_LENGTH: z.coerce.number().int().min(0).max(100_000).default(5_000),
      MAX_CLIENTS: z.coerce.number().int().min(1).default(10_000),
      MAX_CLIENTS_PER_USER: z.coerce.number().int().min(1).default(50),
      MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).default(500),
      REQUESTS_PER_MINUTE_PER_USER: z.coerce.number().int().min(1).default(1_200),
      REQUESTS_PER_MINUTE_PER_ADDRESS: z.coerce.number().int().min(1).default(600),
      /** Shared with the dashboard, which proves by it that it may say for whom it calls. */
      PROXY_SECRET: proxySecret.optional(),
      /** Whose X-Forwarded-For is believed: addresses, networks, `loopback`. */
      TRUSTED_PROXIES: z
        .string()
        .default('loopback')
        .transform((text, context) => {
          try {
            return readProxies(text);
          } catch (error) {
            context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
            return z.NEVER;
          }
        }),
      /** For how long an idle connection stays open: longer than the balancer before the gateway keeps its own. */
      KEEP_ALIVE_SECONDS: z.coerce.number().int().min(1).max(3_600).default(75),
      ...certificateFiles,
    })
    .superRefine(checkCertificate),
  join(import.meta.dirname, '..'),
);

const log = createLog('gateway', config.LOG_LEVEL);
const metrics = createMetrics('gateway');
const prefix = config.REDIS_PREFIX;
const redis = connectRedis(config, log);
const streamSubscription = connectRedis(config, log);
const presenceSubscription = connectRedis(config, log);

const revocations = new Revocations();
const hub = new Hub(new History(config.HISTORY_LENGTH, historyChars), revocations);
const countClose = measureClients(metrics, hub);
const presence = new PresenceChannel({ hub, redis, subscription: presenceSubscription, prefix, log });

const replay = config.HISTORY_LENGTH;
const subscriber = new Subscriber({ hub, redis, subscription: streamSubscription, prefix, replay, log });
const freshness = new StageFreshness();
const heartbeat = new Heartbeat({ hub, subscriber, freshness, log });
const users = new Upstream('users', config.USERS_URL);
const orders = new Upstream('orders', config.ORDERS_URL);
const stagePoll = new StagePoll({
  users,
  orders,
  operations: { users: config.USERS_OPS_URL, orders: config.ORDERS_OPS_URL, bridge: config.BRIDGE_URL },
  redis,
  subscriber,
  freshness,
  heartbeat,
  log,
});

const authority = {
  verify: refuseRevoked(createVerifier(remoteKeys(config.USERS_URL)), revocations),
  userNow: new SessionCheck(config.USERS_URL, log).userNow,
};
const tickets = new Tickets(redis, prefix);
const origins = new Origins(config.ALLOWED_ORIGINS, { sameHost: config.NODE_ENV !== 'production' });
if (config.NODE_ENV === 'production' && origins.unencrypted.length > 0)
  log.warn(
    { ALLOWED_ORIGINS: origins.unencrypted },
    'pages are opened without https, so that passwords and tokens can be read on the way: put a proxy that ends TLS before both',
  );
const callers = new Callers(config.TRUSTED_PROXIES, config.PROXY_SECRET);
const rates = new RequestRates({
  callers,
  perUser: new Rate('user', config.REQUESTS_PER_MINUTE_PER_USER),
  perAddress: new Rate('address', config.REQUESTS_PER_MINUTE_PER_ADDRESS),
});
const pages = config.DASHBOARD_URL
  ? pagesOf({
      dashboard: new Upstream('dashboard', config.DASHBOARD_URL),
      callers,
      rates,
      secret: config.PROXY_SECRET,
      log,
    })
  : null;
const denials = new Denials(log, sendSecurityEvents(redis, prefix));
const drain = new Drain(hub);
const admission = new Admission({
  hub,
  subscriber,
  tickets,
  origins,
  revocations,
  authority,
  maxClients: config.MAX_CLIENTS,
  maxClientsPerUser: config.MAX_CLIENTS_PER_USER,
  rates,
  callers,
  streams: new Connections(callers, config.MAX_CONNECTIONS_PER_ADDRESS),
  drain,
  denials,
  presence,
  log,
});

const app = createGatewayApp({
  log,
  authority,
  tickets,
  origins,
  callers,
  rates,
  denials,
  users,
  orders,
  pages,
  hub,
  admission,
  countClose,
});
const attachWebSocket = registerWebSocket(app, { hub, admission, presence, countClose, log });
// After all other routes, because it takes whatever none of them does.
if (pages) app.on(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'], '*', guard('public'), pages);
const keepAliveMs = config.KEEP_ALIVE_SECONDS * 1000;
const tls = certificateOf(config.TLS_CERT, config.TLS_KEY);
const listening = { host: config.HOST, port: config.PORT, log, tls, graceMs, keepAliveMs, isUpgrade: asksForSocket };
const http = httpServer(app, listening, (server) => {
  const most = config.MAX_CLIENTS + connectionsForRest;
  limitConnections(server, callers, most, config.MAX_CONNECTIONS_PER_ADDRESS);
  attachWebSocket(server);
});
const health = (): GatewayHealth => ({
  name: 'gateway',
  version: manifest.version,
  position: formatPosition(hub.position),
  ...heartbeat.state(),
  clients: hub.size,
  max_clients: config.MAX_CLIENTS,
  dependencies: { redis: redis.status === 'ready' ? 'up' : 'down', ...freshness.answering },
});
measureStream(metrics, health);
const operations = operationsServer({
  host: config.OPS_HOST,
  port: config.OPS_PORT,
  graceMs,
  log,
  health,
  metrics,
});

await run(
  log,
  [
    drain,
    ...[http, operations, denials, stagePoll, heartbeat, subscriber, presence].map((task) => drain.lasting(task)),
  ],
  async () => {
    for (const connection of [redis, streamSubscription, presenceSubscription]) connection.disconnect();
  },
);
