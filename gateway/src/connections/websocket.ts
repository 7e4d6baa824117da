import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createNodeWebSocket } from '@hono/node-ws';
import { clientFrameBytes, clientMessage, type ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes, type CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { AuthEnv, Identity } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type Context, Hono } from 'hono';
import type { WebSocket } from 'ws';
import type { Admission, Start } from './admission.ts';
import type { Hub } from '../fanout/hub.ts';
import { Lease } from './lease.ts';
import type { PresenceChannel } from '../presence/presence-channel.ts';
import type { Client } from '../fanout/audience-group.ts';

interface WebSocketPlan {
  app: OpenAPIHono<AuthEnv>;
  hub: Hub;
  admission: Admission;
  presence: PresenceChannel;
  /** Hears of each close. */
  closed: (reason: CloseReason) => void;
  log: Log;
}

/** Whom the app has let in. */
interface Admitted {
  identity: Identity;
  start: Start;
}

/** What node-ws gives an app besides the request. */
interface Upgrading {
  Bindings: { incoming: IncomingMessage };
}

/**
 * Adds `GET /ws` to the app, which decides on an upgrade as on any request: what it refuses, it answers. Call the function
 * that it returns with the raw server.
 */
export const addWebSocket = (plan: WebSocketPlan): ((server: Server) => void) => {
  const { app, admission, log } = plan;
  const upgrades = new Hono<Upgrading>();
  upgrades.all('*', async (c) => {
    const { incoming } = c.env;
    const headers = new Headers(c.req.raw.headers);
    if (!isHandshake(incoming)) headers.delete('upgrade');
    const env = { ...c.env };
    const answer = await app.fetch(new Request(c.req.url, { headers }), env);
    if (answer.ok) {
      // By what the app left in `env`, node-ws waits for the socket; without it, it forgets a client that has gone.
      if (incoming.socket.readable && incoming.socket.writable) Object.assign(c.env, env);
      return answer;
    }
    await refuse(incoming.socket, answer);
    // node-ws would answer as well, with nothing but the status.
    return new Promise<never>(() => undefined);
  });
  const { injectWebSocket, upgradeWebSocket, wss } = createNodeWebSocket({ app: upgrades });
  wss.options.maxPayload = clientFrameBytes;

  app.get(
    '/ws',
    admission.check,
    upgradeWebSocket(async (c: Context<AuthEnv>) => {
      const admitted = { identity: c.var.identity, start: await admission.start(c) };
      return { onOpen: (_event, { raw }) => raw && attend(raw, admitted, plan) };
    }),
    () => {
      throw new ProblemError(
        'malformed_request',
        'This address speaks WebSocket; send an upgrade request of version 13.',
      );
    },
  );

  return (server) => {
    injectWebSocket(server);
    guardUpgrades(server, log);
  };
};

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> | void;

/**
 * node-ws does not guard itself: an address like `//`, or a client that resets while it is asked who it is, would end the
 * process. And it would run the app for any path, the proxy too, so that a service answers what nobody asked it.
 */
const guardUpgrades = (server: Server, log: Log): void => {
  const listeners = server.listeners('upgrade').filter((one): one is UpgradeListener => typeof one === 'function');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', (error) => log.debug({ err: error }, 'the connection of a socket failed'));
    const url = addressOf(incoming);
    if (url?.pathname !== '/ws') return void refuse(socket, new Response(null, { status: url ? 404 : 400 }));
    // There are none here, and ws would refuse a list that it cannot read after the app has let the client in.
    delete incoming.headers['sec-websocket-protocol'];
    for (const listener of listeners) {
      Promise.resolve(listener(incoming, socket, head)).catch((error: unknown) => {
        log.error({ err: error }, 'an upgrade failed');
        socket.destroy();
      });
    }
  });
};

/**
 * Whether ws will take it (RFC 6455, 4.2.1); what it won't is no upgrade for the app either. Else node-ws would remember for
 * ever what the app lets in and ws refuses: 20,000 handshakes of version 7 were 200 MB.
 */
const isHandshake = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['sec-websocket-version'] === '13' &&
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '');

/** Null for what is no address, or one of somewhere else (`//host`). */
const addressOf = ({ url = '' }: IncomingMessage): URL | null =>
  /^\/(?!\/)/.test(url) ? URL.parse(url, 'http://gateway') : null;

/** Answers an upgrade as an ordinary request. */
const refuse = async (socket: Duplex, answer: Response): Promise<void> => {
  const content = Buffer.from(await answer.arrayBuffer());
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    ...[...answer.headers].map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    `content-length: ${content.length}`,
  ];
  // Node watches over upgraded sockets no more: one whose client keeps its own end open would stay for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]));
};

/** Pings are answered once a second at most; those in between are left out. */
const pongMs = 1_000;
const closeMs = 2_000;
/**
 * Messages of one client that are read in a second; the rest waits on its side. Read as fast as they came, 100,000 looks a
 * second of one client held everybody up for 250 ms at a time.
 */
const messagesPerSecond = 50;

/** Joins the client of a new socket to the stream, and hears what it says until the socket closes. */
const attend = (raw: WebSocket, { identity, start }: Admitted, plan: WebSocketPlan): void => {
  const { hub, admission, presence, closed, log } = plan;
  let closing = false;
  let answeredAt = 0;
  let [heard, countedUntil] = [0, 0];
  const client: Client = {
    identity,
    backlog: () => raw.bufferedAmount,
    send: (frame) => raw.send(frame.json, { binary: false }),
    close(reason) {
      if (closing) return;
      leave();
      closed(reason);
      raw.close(closeCodes[reason].code, reason);
      // A client that reads nothing would keep its backlog for the 30 s that ws waits for the closing handshake.
      setTimeout(() => raw.terminate(), closeMs).unref();
    },
  };
  const lease = new Lease(client, hub);
  const leave = (): void => {
    closing = true;
    lease.end();
    hub.leave(client);
    presence.leave(client);
  };
  const hear = (message: ClientMessage): void => {
    if (message.event === 'look') presence.look(client, message);
    else if (message.event === 'renew') void lease.renew(message, admission, log);
    else if (Date.now() - answeredAt >= pongMs) {
      answeredAt = Date.now();
      hub.pong(client);
    }
  };
  const count = (): void => {
    const now = performance.now();
    if (now >= countedUntil) [heard, countedUntil] = [0, now + 1_000];
    heard += 1;
    if (heard !== messagesPerSecond) return;
    raw.pause();
    setTimeout(() => raw.resume(), countedUntil - now).unref();
  };
  raw.on('message', (data, isBinary) => {
    // What was on its way when the socket was closed.
    if (closing) return;
    count();
    try {
      const message = isBinary || !Buffer.isBuffer(data) ? null : readMessage(data.toString());
      if (message) hear(message);
      else client.close('unreadable');
    } catch (error) {
      // Thrown on, it would end the process, and with it everybody's sockets.
      log.error({ err: error }, 'a client’s message failed');
      client.close('going_away');
    }
  });
  // Of what ws itself could not read; it has sent its own code, without our word.
  raw.on('error', (error) => {
    log.debug({ err: error }, 'a frame could not be read');
    client.close('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'too_big' : 'unreadable');
  });
  raw.on('close', leave);
  void admission.enter(client, start, () => closing);
};

/** The message that a client's frame holds; null when it is none that a client may send. */
const readMessage = (text: string): ClientMessage | null => {
  try {
    return clientMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
