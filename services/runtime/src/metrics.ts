import type { Env, Hono } from 'hono';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** One registry a process, with Node's own figures, labelled with the part's name. */
export const createMetrics = (part: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ part });
  collectDefaultMetrics({ register: registry });
  return registry;
};

/** `GET /metrics` in Prometheus' text format. */
export const serveMetrics = <E extends Env>(app: Hono<E>, registry: Registry): void => {
  app.get('/metrics', async (c) => c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }));
};
