import { once } from 'node:events';
import { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { Admission } from '../connections/admission.ts';
import { createGatewayApp } from '../app.ts';
import { measureClients } from '../connections/client-metrics.ts';
import { History } from '../fanout/history.ts';
import { Hub } from '../fanout/hub.ts';
import { ids, inTime } from './hub.ts';
import { Origins } from '../connections/origins.ts';
import { PresenceChannel } from '../presence/presence-channel.ts';
import { Revocations } from '../fanout/revocations.ts';
import { Subscriber } from '../stream/subscriber.ts';
import { Tickets } from '../connections/tickets.ts';
import { addWebSocket } from '../connections/websocket.ts';
import { Upstream } from '../proxy/upstream.ts';

const log = createLog('gateway', 'silent');

/** The origin that pages may have. */
export const page = 'http://dashboard.test';

/** A gateway that listens, without services behind it: the test publishes to its hub, and gives out tokens. */
export class Gateway {
  readonly hub: Hub;
  readonly tokens = new Map<string, Identity>();
  /** As after a request to stop. */
  stopping = false;
  url = '';
  readonly #server: Server;

  private constructor(server: (gateway: Gateway, hub: Hub) => Server) {
    const history = new History(1_000, 64 * 1024 * 1024);
    history.reset({ epoch: 'e', seq: 0 });
    this.hub = new Hub(history, new Revocations());
    this.#server = server(this, this.hub);
  }

  /** Without a Redis no ticket is used, and nothing is followed. */
  static async open(redis = new Redis({ lazyConnect: true })): Promise<Gateway> {
    const gateway = new Gateway((self, hub) => listen(self, hub, redis));
    await once(gateway.#server, 'listening');
    const { port } = z.object({ port: z.int() }).parse(gateway.#server.address());
    gateway.url = `http://127.0.0.1:${port}`;
    return gateway;
  }

  /** The header of a token of this user, good for so many seconds. */
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

  /** The value of a line of `GET /metrics`; the labels but for the part's name. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
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

const listen = (gateway: Gateway, hub: Hub, redis: Redis): Server => {
  const subscriber = new Subscriber({
    hub,
    beat: () => inTime,
    redis,
    subscription: redis,
    prefix: '',
    replay: 0,
    log,
  });
  const presence = new PresenceChannel({ hub, redis, subscription: redis, prefix: '', log });
  subscriber.begun = true;
  const verify = async (token: string): Promise<Identity> => {
    const identity = gateway.tokens.get(token);
    if (!identity) throw new ProblemError('unauthenticated', 'The access token is not valid.');
    return identity;
  };
  const origins = new Origins([page], { sameHost: false });
  const tickets = new Tickets(redis, '');
  const admission = new Admission({
    ...{ hub, subscriber, tickets, origins, verify, maxClients: 100, maxClientsPerUser: 10 },
    revocations: new Revocations(),
    stopping: () => gateway.stopping,
    greet: (client) => presence.greet(client),
    log,
  });
  const metrics = createMetrics('gateway');
  const closed = measureClients(metrics, hub);
  const app = createGatewayApp({
    ...{ log, hub, admission, verify, tickets, origins, metrics, closed },
    users: new Upstream('users', 'http://127.0.0.1:1'),
    orders: new Upstream('orders', 'http://127.0.0.1:1'),
    health: () => {
      throw new Error('no health is read here');
    },
  });
  const attach = addWebSocket({ app, hub, admission, presence, closed, log });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
  attach(server);
  return server;
};
