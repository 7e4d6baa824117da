import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';

/** What node-ws gives an app besides the request. */
interface Upgrading {
  Bindings: { incoming: IncomingMessage };
}

/**
 * The app that node-ws asks about an upgrade. It lets `app` decide, as on any request, and sends the client what `app` refuses
 * it with.
 */
export const appForUpgrades = (app: OpenAPIHono<AuthEnv>): Hono<Upgrading> => {
  const upgrades = new Hono<Upgrading>();
  upgrades.all('*', async (c) => {
    const { incoming } = c.env;
    const headers = new Headers(c.req.raw.headers);
    if (!isHandshake(incoming)) headers.delete('upgrade');
    const env = { ...c.env };
    const answer = await app.fetch(new Request(c.req.url, { headers }), env);
    if (answer.ok) {
      // What the app left in `env` tells node-ws to wait for the socket. A client that has gone meanwhile has none, and
      // node-ws would wait for ever.
      if (incoming.socket.readable && incoming.socket.writable) Object.assign(c.env, env);
      return answer;
    }
    await refuse(incoming.socket, answer);
    // Given an answer, node-ws would send its status once more.
    return new Promise<never>(() => undefined);
  });
  return upgrades;
};

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> | void;

/**
 * Whether a request asks for a socket. Any other upgrade is none of ours, and whoever asks may go on without (RFC 9110,
 * 7.8): Java's HttpClient sends `Upgrade: h2c` with every request, by default.
 */
export const asksForSocket = ({ url, headers }: IncomingMessage): boolean =>
  /^\/ws(\?|$)/.test(url ?? '') && headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Stands before node-ws, which does not guard itself: a client that resets the connection while the app is asked would end
 * the process.
 */
export const guardUpgrades = (server: Server, log: Log): void => {
  const listeners = server.listeners('upgrade').filter((one): one is UpgradeListener => typeof one === 'function');
  server.removeAllListeners('upgrade');
  // One listener for all connections: what is made for each would stay as long as its socket.
  const onError = (error: Error): void => log.debug({ err: error }, 'the connection of an upgrade request broke');
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', onError);
    // No subprotocol is spoken here, and ws would refuse a list that it cannot read after the app has let the client in.
    delete incoming.headers['sec-websocket-protocol'];
    for (const listener of listeners) {
      Promise.resolve(listener(incoming, socket, head)).catch((error: unknown) => {
        log.error({ err: error }, 'upgrading a connection to a WebSocket failed');
        socket.destroy();
      });
    }
  });
};

/**
 * Whether ws will accept the handshake (RFC 6455, 4.2.1); one that it refuses is no upgrade for the app either. Otherwise
 * node-ws would remember for ever what the app lets in and ws refuses: 20,000 handshakes of version 7 took 200 MB.
 */
const isHandshake = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers['sec-websocket-version'] === '13' &&
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '');

/** Answers an upgrade as an ordinary request, and closes the connection. */
const refuse = async (socket: Duplex, answer: Response): Promise<void> => {
  const content = Buffer.from(await answer.arrayBuffer());
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    ...[...answer.headers].map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    `content-length: ${content.length}`,
  ];
  // Node no longer watches a socket that asked for an upgrade: one whose client keeps its own end open would stay for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]));
};
