import { join } from 'node:path';
import { createVerifier, remoteKeys } from '@live-orders/runtime/auth.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { httpPart } from '@live-orders/runtime/http/server.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { Admission } from './connections/admission.ts';
import { createGatewayApp } from './app.ts';
import { measureClients } from './connections/client-metrics.ts';
import { Drain } from './connections/drain.ts';
import { verifyLive } from './proxy/public-calls.ts';
import { History } from './fanout/history.ts';
import { Hub } from './fanout/hub.ts';
import { Origins } from './connections/origins.ts';
import { PresenceChannel } from './presence/presence-channel.ts';
import { Revocations } from './fanout/revocations.ts';
import { StagePoll } from './stream/stage-poll.ts';
import { Subscriber } from './stream/subscriber.ts';
import { Tickets } from './connections/tickets.ts';
import { addWebSocket } from './connections/websocket.ts';

const config = loadConfig(
  'gateway',
  z.object({
    ...settings.process,
    ...settings.port(3000),
    ...settings.redis,
    ...settings.tokens,
    ORDERS_URL: z.url().default('http://127.0.0.1:3001'),
    BRIDGE_URL: z.url().default('http://127.0.0.1:3004'),
    /** Pages that may use the gateway, separated by commas. */
    ALLOWED_ORIGINS: z
      .string()
      .default('http://localhost:3003,http://127.0.0.1:3003')
      .transform((text) => text.split(',').map((origin) => origin.trim())),
    /** Events kept in memory for clients that come back. */
    HISTORY_LENGTH: z.coerce.number().int().min(0).max(100_000).default(5_000),
    MAX_CLIENTS: z.coerce.number().int().min(1).default(10_000),
    MAX_CLIENTS_PER_USER: z.coerce.number().int().min(1).default(50),
  }),
  join(import.meta.dirname, '..'),
);

const log = createLog('gateway', config.LOG_LEVEL);
const metrics = createMetrics('gateway');
const redis = connectRedis(config, log);
const subscription = connectRedis(config, log);
const revocations = new Revocations();
const hub = new Hub(new History(config.HISTORY_LENGTH, 64 * 1024 * 1024), revocations);
const stages: StagePoll = new StagePoll({
  usersUrl: config.USERS_URL,
  ordersUrl: config.ORDERS_URL,
  bridgeUrl: config.BRIDGE_URL,
  redis,
  largestBacklog: () => hub.largestBacklog,
  subscribed: () => subscriber.live,
  onChange: () => hub.heartbeat(stages.beat()),
  log,
});
const subscriber: Subscriber = new Subscriber({
  hub,
  beat: () => stages.beat(),
  redis,
  subscription,
  prefix: config.REDIS_PREFIX,
  replay: config.HISTORY_LENGTH,
  log,
});
const closed = measureClients(metrics, hub);

const presenceSubscription = connectRedis(config, log);
const presence = new PresenceChannel({
  hub,
  redis,
  subscription: presenceSubscription,
  prefix: config.REDIS_PREFIX,
  log,
});

const verify = verifyLive(createVerifier(remoteKeys(config.USERS_URL)), revocations);
const tickets = new Tickets(redis, config.REDIS_PREFIX);
const origins = new Origins(config.ALLOWED_ORIGINS, { sameHost: config.NODE_ENV !== 'production' });
const drain = new Drain(hub);
const admission = new Admission({
  hub,
  subscriber,
  tickets,
  origins,
  revocations,
  verify,
  maxClients: config.MAX_CLIENTS,
  maxClientsPerUser: config.MAX_CLIENTS_PER_USER,
  stopping: () => drain.begun,
  greet: (client) => presence.greet(client),
  log,
});
const app = createGatewayApp({
  log,
  metrics,
  verify,
  tickets,
  origins,
  usersUrl: config.USERS_URL,
  ordersUrl: config.ORDERS_URL,
  hub,
  admission,
  closed,
  health: () => ({
    name: 'gateway',
    version: manifest.version,
    position: formatPosition(hub.position),
    ...stages.read(),
    clients: hub.size,
    dependencies: { redis: redis.status === 'ready' ? 'up' : 'down', ...stages.freshness.answering },
  }),
});
const attach = addWebSocket({ app, hub, admission, presence, closed, log });
/** What is left for requests under way of the 8 s that a process has to stop, once the clients are gone. */
const graceMs = 2_000;

await run(
  log,
  [
    drain,
    drain.lasting(httpPart(app, { host: config.HOST, port: config.PORT, log, graceMs }, attach)),
    drain.lasting(stages),
    drain.lasting(subscriber),
    drain.lasting(presence),
  ],
  async () => {
    redis.disconnect();
    subscription.disconnect();
    presenceSubscription.disconnect();
  },
);
