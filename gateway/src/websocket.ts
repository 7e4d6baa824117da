import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
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
import { type WebSocket, WebSocketServer } from 'ws';
import type { Admission, Start } from './admission.ts';
import type { Hub } from './hub.ts';
import { Lease } from './lease.ts';
import type { PresenceChannel } from './presence-channel.ts';
import type { Client } from './room.ts';

interface WebSocketPlan {
  app: OpenAPIHono<AuthEnv>;
  hub: Hub;
  admission: Admission;
  presence: PresenceChannel;
  /** Hears of each close. */
  closed: (reason: CloseReason) => void;
  log: Log;
}

/** Whom the app has let in, until the socket is there. */
interface Admitted {
  identity: Identity;
  start: Start;
}

/**
 * Adds `GET /ws` to the app, which decides on an upgrade as on any request: what it refuses, it answers. Call the function
 * that it returns with the raw server.
 */
export const addWebSocket = (plan: WebSocketPlan): ((server: Server) => void) => {
  const { app, admission, log } = plan;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: clientFrameBytes, clientTracking: false });
  const upgrades = new WeakMap<Request, Admitted | null>();

  app.get('/ws', admission.check, async (c) => {
    if (!upgrades.has(c.req.raw)) {
      throw new ProblemError('malformed_request', 'This address speaks WebSocket; send an upgrade request.');
    }
    upgrades.set(c.req.raw, { identity: c.var.identity, start: await admission.start(c) });
    return c.body(null, 204);
  });

  const upgrade = async (incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const url = addressOf(incoming);
    // The app would run the proxy too, and a service answer what nobody asked it.
    if (url?.pathname !== '/ws') return refuse(socket, new Response(null, { status: url ? 404 : 400 }));
    const request = new Request(url, { headers: headersOf(incoming) });
    upgrades.set(request, null);
    const answer = await app.fetch(request);
    const admitted = upgrades.get(request);
    if (!admitted) return refuse(socket, answer);
    sockets.handleUpgrade(incoming, socket, head, (raw) => attend(raw, admitted, plan));
  };

  return (server) => {
    server.on('upgrade', (incoming, socket, head) => {
      // Unheard, it would end the process; ws hears of it only once the socket is its own.
      socket.on('error', (error) => log.debug({ err: error }, 'the connection of a socket failed'));
      upgrade(incoming, socket, head).catch((error: unknown) => {
        log.error({ err: error }, 'an upgrade failed');
        socket.destroy();
      });
    });
  };
};

/** Null for what is no address, or one of somewhere else (`//host`). */
const addressOf = ({ url = '' }: IncomingMessage): URL | null =>
  /^\/(?!\/)/.test(url) ? URL.parse(url, 'http://gateway') : null;

const headersOf = (incoming: IncomingMessage): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
};

/** Answers an upgrade as an ordinary request. */
const refuse = async (socket: Duplex, answer: Response): Promise<void> => {
  const content = Buffer.from(await answer.arrayBuffer());
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    ...[...answer.headers].map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    `content-length: ${content.length}`,
  ];
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
