import { once } from 'node:events';
import { type IncomingMessage, Server } from 'node:http';
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
  /** Which requests become upgrades. Default: none where nobody listens for them. Any other is answered as if it had not asked. */
  isUpgrade?: (request: IncomingMessage) => boolean;
}

/**
 * Listens until the signal, then lets running requests end within `graceMs`. `onServer` may attach to the raw server.
 * Throws at once for a route without a policy, and what else `checkRoutes` refuses; so all routes are registered before.
 */
export const httpServer = <E extends Env>(
  app: Hono<E> | OpenAPIHono<E>,
  { host, port, log, graceMs = 5_000, isUpgrade }: ServerOptions,
  onServer: (server: Server) => void = () => {},
): Task => {
  checkRoutes(app);
  return {
    name: 'http',
    async run(signal) {
      const server = serve({
        fetch: app.fetch,
        hostname: host,
        port,
        serverOptions: isUpgrade ? { shouldUpgradeCallback: isUpgrade } : {},
      });
      if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
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
