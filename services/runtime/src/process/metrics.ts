import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One registry a process, with Node's own figures; all are labelled with the part's name and `labels`. */
export const createMetrics = (part: string, labels: Record<string, string> = {}): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ part, ...labels });
  collectDefaultMetrics({ register: registry });
  return registry;
};

/**
 * A gauge for each name of `help`. One scrape reads once for all of them, and shows NaN where the reading gave null.
 */
export const registerGauges = <N extends string>(
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
