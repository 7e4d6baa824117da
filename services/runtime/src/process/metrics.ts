import type { Env, Hono } from 'hono';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One registry a process, with Node's own figures, labelled with the part's name. */
export const createMetrics = (part: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ part });
  collectDefaultMetrics({ register: registry });
  return registry;
};

/** A gauge for each name, with its help; all of a scrape come from one reading, and are NaN where it gave none. */
export const serveGauges = <N extends string>(
  registry: Registry,
  help: Record<N, string>,
  read: () => Promise<Record<N, number> | null>,
): void => {
  let reading: Promise<Record<N, number> | null> | null = null;
  const shared = () => (reading ??= read().finally(() => (reading = null)));
  const define = (name: N): Gauge =>
    new Gauge({
      name,
      help: help[name],
      registers: [registry],
      async collect() {
        this.set((await shared())?.[name] ?? NaN);
      },
    });
  for (const name in help) define(name);
};

/** `GET /metrics` in Prometheus' text format. */
export const serveMetrics = <E extends Env>(app: Hono<E>, registry: Registry): void => {
  app.get('/metrics', async (c) => c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }));
};
