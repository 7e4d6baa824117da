import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createNodeWebSocket } from '@hono/node-ws';
import {
  clientFrameBytes,
  clientMessage,
  closeCodes,
  type CloseReason,
  parsePosition,
  type Position,
} from '@live-orders/contracts/realtime.ts';
import { type AuthEnv, bearerToken, type Identity, type Verify } from '@live-orders/runtime/auth.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { WSContext } from 'hono/ws';
import type { WebSocket } from 'ws';
import type { Entry } from './history.ts';
import type { Client, Hub } from './hub.ts';
import type { Origins } from './origins.ts';
import type { Revocations } from './revocations.ts';
import type { Subscriber } from './subscriber.ts';
import type { Tickets } from './tickets.ts';

class SocketErrorEvent extends Event {
  readonly error: unknown;
  constructor(type: string, init: { error?: unknown } = {}) {
    super(type);
    this.error = init.error;
  }
}
// Node 24 has no ErrorEvent, and without it node-ws throws instead of calling onError.
if (!('ErrorEvent' in globalThis)) Object.assign(globalThis, { ErrorEvent: SocketErrorEvent });

export interface WebSocketPlan {
  app: OpenAPIHono<AuthEnv>;
  hub: Hub;
  subscriber: Subscriber;
  tickets: Tickets;
  origins: Origins;
  revocations: Revocations;
  verify: Verify;
  maxClients: number;
  maxClientsPerUser: number;
  log: Log;
}

/**
 * Adds `GET /ws` to the app. Call the function that it returns with the raw server: node-ws listens to upgrades without
 * guarding itself, so that an address like `//` or a client that resets during authentication would end the process.
 */
export const addWebSocket = (plan: WebSocketPlan): ((server: Server) => void) => {
  const { app, hub, log } = plan;
  const { injectWebSocket, upgradeWebSocket, wss } = createNodeWebSocket({ app });
  wss.options.maxPayload = clientFrameBytes;

  app.get(
    '/ws',
    async (c, next) => {
      checkAdmission(c, plan);
      const identity = await identify(c, plan);
      if (hub.socketsOf(identity.id) >= plan.maxClientsPerUser) {
        throw new ProblemError('too_many_requests', `A user may have ${plan.maxClientsPerUser} sockets open at once.`);
      }
      c.set('identity', identity);
      await next();
    },
    upgradeWebSocket(async (c: Context<AuthEnv>) => {
      const { identity } = c.var;
      const given = c.req.query('since');
      const since = given ? (parsePosition(given) ?? 'unreadable') : null;
      const older = since && since !== 'unreadable' ? await olderEvents(since, plan) : [];
      return socketEvents({ identity, since, older, hub, log });
    }),
    () => {
      throw new ProblemError('malformed_request', 'This address speaks WebSocket; send an upgrade request.');
    },
  );

  return (server) => {
    injectWebSocket(server);
    guardUpgrades(server, log);
  };
};

/** Pings are answered once a second at most; those in between are left out. */
const pongMs = 1_000;
const closeMs = 2_000;

const checkAdmission = (c: Context, { origins, hub, subscriber, maxClients }: WebSocketPlan): void => {
  if (!origins.allows(c.req.header('origin'), c.req.header('host'))) {
    throw new ProblemError('forbidden', 'This origin may not open a socket; see ALLOWED_ORIGINS.');
  }
  if (!subscriber.begun || hub.size >= maxClients) {
    throw new ProblemError(
      'unavailable',
      'The stream is not ready; try again in a moment.',
      {},
      { 'retry-after': '2' },
    );
  }
};

/** A ticket for browsers, a bearer token for everybody else. Throws `unauthenticated`. */
const identify = async (c: Context, { tickets, verify, revocations }: WebSocketPlan): Promise<Identity> => {
  const ticket = c.req.query('ticket');
  const token = bearerToken(c);
  const identity = ticket ? await tickets.redeem(ticket) : token ? await verify(token) : null;
  if (!identity || identity.expires_at * 1000 <= Date.now() || revocations.covers(identity)) {
    throw new ProblemError('unauthenticated', 'Get a new ticket from POST /live/ticket, or send a bearer token.');
  }
  return identity;
};

/** What memory no longer holds of the events after `since`; nothing when the log doesn't either. */
const olderEvents = async (since: Position, { hub, subscriber }: WebSocketPlan): Promise<Entry[]> => {
  const oldest = hub.oldest;
  if (since.epoch !== hub.position.epoch || since.seq + 1 >= oldest) return [];
  return (await subscriber.readLog(since.seq, oldest)) ?? [];
};

interface Connection {
  identity: Identity;
  since: Position | 'unreadable' | null;
  older: Entry[];
  hub: Hub;
  log: Log;
}

const socketEvents = ({ identity, since, older, hub, log }: Connection) => {
  let client: Client | null = null;
  let expiry: NodeJS.Timeout | undefined;
  let answeredAt = 0;
  return {
    onOpen(_event: Event, ws: WSContext<WebSocket>) {
      if (!ws.raw) return;
      client = toClient(ws.raw, identity);
      hub.join(client, since, older);
      expiry = setTimeout(() => client?.close('token_expired'), identity.expires_at * 1000 - Date.now());
    },
    onMessage(event: MessageEvent) {
      if (!client) return;
      if (!isReadable(event.data)) client.close('unreadable');
      else if (Date.now() - answeredAt >= pongMs) {
        answeredAt = Date.now();
        hub.pong(client);
      }
    },
    onClose() {
      clearTimeout(expiry);
      if (client) hub.leave(client);
    },
    onError(event: Event) {
      log.debug({ err: 'error' in event ? event.error : event }, 'a socket failed');
    },
  };
};

const toClient = (socket: WebSocket, identity: Identity): Client => ({
  identity,
  backlog: () => socket.bufferedAmount,
  send: (frame) => socket.send(frame, { binary: false }),
  close(reason: CloseReason) {
    const { code, text } = closeCodes[reason];
    socket.close(code, text);
    // A client that reads nothing would keep its backlog for the 30 s that ws waits for the closing handshake.
    setTimeout(() => socket.terminate(), closeMs).unref();
  },
});

/** Whether a client's frame is one of the messages that it may send. */
const isReadable = (data: unknown): boolean => {
  if (typeof data !== 'string') return false;
  try {
    return clientMessage.safeParse(JSON.parse(data)).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> | void;

const guardUpgrades = (server: Server, log: Log): void => {
  const listeners = server.listeners('upgrade').filter((one): one is UpgradeListener => typeof one === 'function');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'a client left during the upgrade'));
    if (!/^\/(?!\/)/.test(request.url ?? '') || !URL.canParse(request.url ?? '', 'http://gateway')) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    // node-ws would run the whole app for any path, the proxy too, and leave the answer unread: each such request held
    // one connection to a service for ever.
    if (new URL(request.url ?? '', 'http://gateway').pathname !== '/ws') {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    for (const listener of listeners) {
      Promise.resolve(listener(request, socket, head)).catch((error: unknown) => {
        log.error({ err: error }, 'an upgrade failed');
        socket.destroy();
      });
    }
  });
};
