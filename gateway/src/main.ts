/*
 * The gateway's rooms. Each imports only from those on the floors below it:
 *
 *   main.ts, app.ts      puts everything together, by what config.ts reads
 *   processes            several processes of the gateway behind one port, and what they say of themselves together
 *   connections          who may follow the stream, and the two transports
 *   stream, presence     what comes from Redis, and how far the stages of the stream are behind; who is at which order
 *   proxy                the REST calls that are passed on to the services, and pages to the dashboard
 *   limits               how much each caller may take of the gateway
 *   fanout, http, docs   what each client is sent; the services behind the gateway; the documents
 *
 * `testing` stands above all of them: only tests import it.
 */
import { Denials } from '@live-orders/runtime/audit/denials.ts';
import { sendSecurityEvents } from '@live-orders/runtime/audit/stream.ts';
import { createVerifier, remoteKeys } from '@live-orders/runtime/http/auth.ts';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import { httpServer } from '@live-orders/runtime/http/server.ts';
import { SessionCheck } from '@live-orders/runtime/http/session-check.ts';
import { guard } from '@live-orders/runtime/http/policy.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import manifest from '../package.json' with { type: 'json' };
import { createGatewayApp } from './app.ts';
import { config } from './config.ts';
import { Admission } from './connections/admission.ts';
import { measureClients } from './connections/client-metrics.ts';
import { Drain } from './connections/drain.ts';
import { Origins } from './connections/origins.ts';
import { asksForSocket } from './connections/upgrades.ts';
import { Tickets } from './connections/tickets.ts';
import { registerWebSocket } from './connections/websocket.ts';
import { History } from './fanout/history.ts';
import { Hub } from './fanout/hub.ts';
import { refuseRevoked, Revocations } from './fanout/revocations.ts';
import { Callers } from './http/callers.ts';
import { certificateOf } from './http/certificate.ts';
import { Upstream } from './http/upstream.ts';
import { Connections, limitConnections } from './limits/connections.ts';
import { Rate, RequestRates } from './limits/request-rates.ts';
import { pagesOf } from './proxy/dashboard.ts';
import { PresenceChannel } from './presence/presence-channel.ts';
import { ownProcess } from './processes/own-process.ts';
import { runPrimary } from './processes/primary.ts';
import { reporter } from './processes/report.ts';
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

const own = ownProcess(config.GATEWAY_PROCESSES);
const log = createLog('gateway', config.LOG_LEVEL).child(own);
const metrics = createMetrics('gateway', own);
// Never returns: what follows is for a process that serves clients.
if (own.process === 'primary') await runPrimary({ config, log, metrics, graceMs });
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
const operations =
  own.process === undefined
    ? operationsServer({ host: config.OPS_HOST, port: config.OPS_PORT, graceMs, log, health, metrics })
    : reporter({ health, metrics });

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
