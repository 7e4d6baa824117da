import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createNodeWebSocket } from '@hono/node-ws';
import {
  clientFrameBytes,
  clientMessage,
  type ClientMessage,
  closeCodes,
  type CloseReason,
} from '@live-orders/contracts/realtime.ts';
import type { AuthEnv, Identity } from '@live-orders/runtime/auth.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { WSContext } from 'hono/ws';
import type { WebSocket } from 'ws';
import type { Admission, Start } from './admission.ts';
import type { Hub } from './hub.ts';
import { Lease } from './lease.ts';
import type { PresenceChannel } from './presence-channel.ts';
import type { Client } from './room.ts';

class SocketErrorEvent extends Event {
  readonly error: unknown;
  constructor(type: string, init: { error?: unknown } = {}) {
    super(type);
    this.error = init.error;
  }
}
// Node 24 has no ErrorEvent, and without it node-ws throws instead of calling onError.
if (!('ErrorEvent' in globalThis)) Object.assign(globalThis, { ErrorEvent: SocketErrorEvent });

interface WebSocketPlan {
  app: OpenAPIHono<AuthEnv>;
  hub: Hub;
  admission: Admission;
  presence: PresenceChannel;
  log: Log;
}

/**
 * Adds `GET /ws` to the app. Call the function that it returns with the raw server: node-ws listens to upgrades without
 * guarding itself, so that an address like `//` or a client that resets during authentication would end the process.
 */
export const addWebSocket = ({ app, hub, admission, presence, log }: WebSocketPlan): ((server: Server) => void) => {
  const { injectWebSocket, upgradeWebSocket, wss } = createNodeWebSocket({ app });
  wss.options.maxPayload = clientFrameBytes;

  app.get(
    '/ws',
    admission.check,
    upgradeWebSocket(async (c: Context<AuthEnv>) => {
      const { identity } = c.var;
      const start = await admission.start(c);
      return socketEvents({ identity, start, hub, admission, presence, log });
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

interface Connection {
  identity: Identity;
  start: Start;
  hub: Hub;
  admission: Admission;
  presence: PresenceChannel;
  log: Log;
}

const socketEvents = ({ identity, start, hub, admission, presence, log }: Connection) => {
  let client: Client | null = null;
  let lease: Lease | null = null;
  let answeredAt = 0;
  return {
    onOpen(_event: Event, ws: WSContext<WebSocket>) {
      const { raw } = ws;
      if (!raw) return;
      client = toClient(raw, identity);
      lease = new Lease(client, hub);
      void admission.enter(client, start, () => raw.readyState !== raw.OPEN);
    },
    onMessage(event: MessageEvent) {
      if (!client || !lease) return;
      const message = readMessage(event.data);
      if (!message) client.close('unreadable');
      else if (message.event === 'look') presence.look(client, message);
      else if (message.event === 'renew') void lease.renew(message, admission, log);
      else if (Date.now() - answeredAt >= pongMs) {
        answeredAt = Date.now();
        hub.pong(client);
      }
    },
    onClose() {
      lease?.end();
      if (!client) return;
      hub.leave(client);
      presence.leave(client);
    },
    onError(event: Event) {
      log.debug({ err: 'error' in event ? event.error : event }, 'a socket failed');
    },
  };
};

const toClient = (socket: WebSocket, identity: Identity): Client => ({
  identity,
  backlog: () => socket.bufferedAmount,
  send: (frame) => socket.send(frame.json, { binary: false }),
  close(reason: CloseReason) {
    const { code, text } = closeCodes[reason];
    socket.close(code, text);
    // A client that reads nothing would keep its backlog for the 30 s that ws waits for the closing handshake.
    setTimeout(() => socket.terminate(), closeMs).unref();
  },
});

/** The message that a client's frame holds; null when it is none that a client may send. */
const readMessage = (data: unknown): ClientMessage | null => {
  if (typeof data !== 'string') return null;
  try {
    return clientMessage.safeParse(JSON.parse(data)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
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
