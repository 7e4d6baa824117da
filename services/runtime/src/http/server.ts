import { once } from 'node:events';
import { type IncomingMessage, Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { serve } from '@hono/node-server';
import { type OpenAPIHono } from '@hono/zod-openapi';
import type { Env, Hono } from 'hono';
import type { Log } from '../process/log.ts';
import type { Task } from '../process/run.ts';
import { checkRoutes } from './policy.ts';

interface ServerOptions {
  host: string;
  port: number;
  log: Log;
  graceMs?: number;
  /** For how long a connection without a request stays open, in ms. */
  keepAliveMs?: number;
  /** Certificates and key in PEM, with which https is served in place of http. */
  tls?: { cert: string; key: string } | null;
  /** By when a request's headers, and when the whole request has to be there, in ms from its beginning. */
  headersMs?: number;
  requestMs?: number;
  /** Which requests become upgrades. Default: none where nobody listens for them. Any other is answered as if it had not asked. */
  isUpgrade?: (request: IncomingMessage) => boolean;
}

/**
 * Longer than balancers keep a connection (60 s is usual), so that none sends a request on a connection that is just being
 * closed here. Node's 5 s made that a 502 now and then.
 */
const usualKeepAliveMs = 75_000;
/**
 * A caller that sends slowly holds a connection and its body's memory for no longer than this: by Node's defaults 1,000 of
 * them held 251 MB for more than 110 s. The largest body, 256 KiB, comes in time at 9 KB/s.
 */
const usualHeadersMs = 10_000;
const usualRequestMs = 30_000;
/**
 * All of TLS 1.3; of 1.2 those with forward secrecy and authenticated encryption, as OWASP's Transport Layer Security Cheat
 * Sheet has them. Node's own list goes on to AES in CBC mode and to keys that are never exchanged anew.
 */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
].join(':');

/**
 * Listens until the signal, then lets running requests end within `graceMs`. `onServer` may attach to the raw server.
 * Throws at once for a route without a policy, and what else `checkRoutes` refuses; so all routes are registered before.
 */
export const httpServer = <E extends Env>(
  app: Hono<E> | OpenAPIHono<E>,
  options: ServerOptions,
  onServer: (server: Server | TlsServer) => void = () => {},
): Task => {
  checkRoutes(app);
  const { host, port, log, graceMs = 5_000, tls, isUpgrade } = options;
  const { keepAliveMs = usualKeepAliveMs, headersMs = usualHeadersMs, requestMs = usualRequestMs } = options;
  const serverOptions = {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / 2,
    ...(isUpgrade ? { shouldUpgradeCallback: isUpgrade } : {}),
  };
  return {
    name: 'http',
    async run(signal) {
      const listening = { fetch: app.fetch, hostname: host, port };
      const server = tls
        ? serve({
            ...listening,
            createServer: createTlsServer,
            serverOptions: { ...serverOptions, ...tls, ciphers, minVersion: 'TLSv1.2', handshakeTimeout: headersMs },
          })
        : serve({ ...listening, serverOptions });
      if (!(server instanceof Server || server instanceof TlsServer))
        throw new TypeError('expected an HTTP/1.1 server');
      onServer(server);
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      const failed = once(server, 'error').then(([error]: unknown[]) => {
        throw error;
      });
      await Promise.race([once(server, 'listening'), failed]);
      log.info({ port }, 'listening');
      await Promise.race([stopped, failed]);
      // Callers keep their connections open; this tells them not to send another request on them.
      server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
      const closed = once(server, 'close');
      server.close();
      setTimeout(() => server.closeAllConnections(), graceMs).unref();
      await closed;
    },
  };
};
