import type { Health } from '@live-orders/contracts/rest/health.ts';
import type { Registry } from 'prom-client';
import { createApp } from '../http/app.ts';
import { guard } from '../http/policy.ts';
import { httpServer } from '../http/server.ts';
import type { Log } from '../process/log.ts';
import type { Task } from '../process/run.ts';

interface OperationsOptions {
  /** Where it listens: `host` decides who can read this, because nobody is asked for a token. */
  host: string;
  port: number;
  /** How long a request under way may take once the process stops, in ms. */
  graceMs?: number;
  log: Log;
  health: () => Health | Promise<Health>;
  metrics: Pick<Registry, 'contentType' | 'metrics'>;
}

/**
 * What operators and monitors read of a process, at a port of its own: `GET /` its health with all details, also while
 * something that it depends on is away; `GET /metrics` its figures in Prometheus' text format.
 */
export const operationsServer = ({ host, port, graceMs, log, health, metrics }: OperationsOptions): Task => {
  const app = createApp(log);
  app.get('/', guard('public'), async (c) => c.json(await health()));
  app.get('/metrics', guard('public'), async (c) =>
    c.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  );
  const server = httpServer(app, { host, port, log, ...(graceMs === undefined ? {} : { graceMs }) });
  return { ...server, name: 'operations' };
};
