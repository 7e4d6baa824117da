import { once } from 'node:events';
import { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Redis } from 'ioredis';
import type { vi } from 'vitest';
import { z } from 'zod';
import { createGatewayApp } from '../app.ts';
import { Admission } from '../connections/admission.ts';
import { measureClients } from '../connections/client-metrics.ts';
import { Origins } from '../connections/origins.ts';
import { asksForSocket } from '../connections/upgrades.ts';
import { Callers, readProxies } from '../http/callers.ts';
import { Connections } from '../limits/connections.ts';
import { Rate, RequestRates } from '../limits/request-rates.ts';
import { Upstream } from '../http/upstream.ts';
import { Tickets } from '../connections/tickets.ts';
import { registerWebSocket } from '../connections/websocket.ts';
import { History } from '../fanout/history.ts';
import { Hub } from '../fanout/hub.ts';
import { Revocations } from '../fanout/revocations.ts';
import { PresenceChannel } from '../presence/presence-channel.ts';
import { Subscriber } from '../stream/subscriber.ts';
import { ids } from './redis-messages.ts';

const log = createLog('gateway', 'silent');

/** The origin of the only page that may call the gateway. */
export const page = 'http://dashboard.test';

/**
 * For `vi.useFakeTimers`: the clock goes on as it does, and `vi.advanceTimersByTime` lets minutes pass, so that a token's life
 * ends when the test says so and never before its holder has come in.
 */
export const runningClock: Parameters<typeof vi.useFakeTimers>[0] = {
  toFake: ['setTimeout', 'clearTimeout', 'Date'],
  shouldAdvanceTime: true,
};

/** A gateway that listens, and has no services behind it: the test publishes to its hub, and gives out its tokens. */
export class Gateway {
  readonly hub: Hub;
  readonly tokens = new Map<string, Identity>();
  readonly metrics = createMetrics('gateway');
  /** Set to true, the gateway behaves as after a request to stop. */
  stopping = false;
  url = '';
  readonly #server: Server;

  private constructor(server: (gateway: Gateway, hub: Hub) => Server) {
    const history = new History(1_000, 64 * 1024 * 1024);
    history.reset({ epoch: 'e', seq: 0 });
    this.hub = new Hub(history, new Revocations());
    this.#server = server(this, this.hub);
  }

  /** By default there is no Redis: a test without one can use no ticket, and nothing is followed. */
  static async open(redis = new Redis({ lazyConnect: true })): Promise<Gateway> {
    const gateway = new Gateway((self, hub) => listen(self, hub, redis));
    await once(gateway.#server, 'listening');
    const { port } = z.object({ port: z.int() }).parse(gateway.#server.address());
    gateway.url = `http://127.0.0.1:${port}`;
    return gateway;
  }

  /** A new token of this user as a header, good for so many seconds, and whose it is. */
  admit(id = ids.noor, seconds = 900): { authorization: string; identity: Identity } {
    const token = crypto.randomUUID();
    const identity: Identity = {
      ...{ id, role: 'staff', email: '', name: '', created_at: '' },
      session_id: crypto.randomUUID(),
      expires_at: Date.now() / 1000 + seconds,
    };
    this.tokens.set(token, identity);
    return { authorization: `Bearer ${token}`, identity };
  }

  /** The value of a line of the metrics; `labels` are those of the line without the part's name. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await this.metrics.metrics();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{${labels}part="gateway"}`));
    return Number(line?.split(' ').at(-1) ?? NaN);
  }

  async close(): Promise<void> {
    this.hub.closeAll('going_away');
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Opened extends Pick<Gateway, 'stopping' | 'metrics'> {
  tokens: Pick<Map<string, Identity>, 'get'>;
}

/**
 * The app of a gateway with all its routes, and what attaches its WebSocket to a server. `gateway` says which tokens are
 * good, and whether the process is asked to stop.
 */
export const openApp = (
  gateway: Opened,
  hub: Hub,
  redis: Redis,
  limits = { maxClients: 100, maxClientsPerUser: 10 },
) => {
  const subscriber = new Subscriber({
    hub,
    redis,
    subscription: redis,
    prefix: '',
    replay: 0,
    log,
  });
  const presence = new PresenceChannel({ hub, redis, subscription: redis, prefix: '', log });
  subscriber.begun = true;
  const callers = new Callers(readProxies('loopback'));
  // The clock stands still, so that a test that asks slowly gets no more than one that asks fast.
  const perUser = new Rate('user', 240, () => 0);
  const rates = new RequestRates({ callers, perUser, perAddress: new Rate('address', 120, () => 0) });
  const verify = async (token: string): Promise<Identity> => {
    const identity = gateway.tokens.get(token);
    if (!identity) throw new ProblemError('unauthenticated', 'The access token is not valid.');
    return identity;
  };
  const denials = { record: () => undefined };
  const origins = new Origins([page], { sameHost: false });
  const tickets = new Tickets(redis, '');
  const admission = new Admission({
    ...{ hub, subscriber, tickets, origins, authority: { verify }, ...limits },
    revocations: new Revocations(),
    drain: {
      get begun() {
        return gateway.stopping;
      },
    },
    presence,
    denials,
    log,
    ...{ rates, callers, streams: new Connections(callers, 5) },
  });
  const countClose = measureClients(gateway.metrics, hub);
  const app = createGatewayApp({
    ...{ log, hub, admission, authority: { verify }, tickets, origins, countClose },
    ...{ callers, rates, denials },
    users: new Upstream('users', 'http://127.0.0.1:1'),
    orders: new Upstream('orders', 'http://127.0.0.1:1'),
  });
  return { app, attach: registerWebSocket(app, { hub, admission, presence, countClose, log }) };
};

const listen = (gateway: Gateway, hub: Hub, redis: Redis): Server => {
  const { app, attach } = openApp(gateway, hub, redis);
  const server = serve({
    fetch: app.fetch,
    port: 0,
    hostname: '127.0.0.1',
    serverOptions: { shouldUpgradeCallback: asksForSocket },
  });
  if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
  attach(server);
  return server;
};
