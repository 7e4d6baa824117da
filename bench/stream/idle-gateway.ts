import { once } from 'node:events';
import { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { asksForSocket } from '../../gateway/src/connections/upgrades.ts';
import { openApp } from '../../gateway/src/testing/gateway.ts';
import { inTime, openHub } from '../../gateway/src/testing/hub.ts';
import { createMetrics } from '../../services/runtime/src/process/metrics.ts';
import type { Identity } from '../../services/runtime/src/http/auth.ts';

/**
 * A gateway without Redis and services, which lets in whoever comes: each token is a customer of its own, whose life ends
 * some time after the benchmark. Sends its port when it listens, and what its memory holds when it is asked. Needs `--expose-gc`.
 */
const identityOf = (token: string): Identity => ({
  ...{ id: crypto.randomUUID(), role: 'customer', session_id: crypto.randomUUID(), session_epoch: 1 },
  ...{ email: `${token}@example.com`, name: `Customer ${token}`, created_at: '2026-01-01T00:00:00.000Z' },
  expires_at: Math.floor(Date.now() / 1000) + 900,
});

const hub = openHub();
const gateway = { tokens: { get: identityOf }, stopping: false, metrics: createMetrics('gateway') };
const redis = new Redis({ lazyConnect: true });
const { app, attach } = openApp(gateway, hub, redis, { maxClients: 100_000, maxClientsPerUser: 10 });
const server = serve({
  ...{ fetch: app.fetch, port: 0, hostname: '127.0.0.1' },
  serverOptions: { shouldUpgradeCallback: asksForSocket },
});
if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
attach(server);
await once(server, 'listening');

process.on('message', () => {
  // What a socket has only once something was sent to it counts as well.
  hub.heartbeat(inTime);
  for (let n = 0; n < 3; n += 1) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ clients: hub.size, rss, heap: heapUsed + external });
});
process.on('disconnect', () => process.exit());
process.send?.(z.object({ port: z.int() }).parse(server.address()));
