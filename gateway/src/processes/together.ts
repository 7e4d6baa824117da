import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { AggregatorRegistry } from 'prom-client';

/** The one of which the least is known to have come: of those that are not live, if there are any. */
const worst = (pages: GatewayHealth[]): GatewayHealth | undefined =>
  pages.toSorted((a, b) => Number(a.live) - Number(b.live) || ((a.fresh_at ?? '') < (b.fresh_at ?? '') ? -1 : 1))[0];

/**
 * The health page of several processes, by number from 1; null for one that does not answer. Clients and their places are
 * added up; a dependency is up when it is for all; of the stream, the page says what the process says that is worst off.
 * Throws `unavailable` when none answers.
 */
export const healthTogether = (reports: (GatewayHealth | null)[]): GatewayHealth => {
  const pages = reports.filter((page) => page !== null);
  const page = worst(pages);
  if (!page) throw new ProblemError('unavailable', 'No process of this gateway answers.');
  const sum = (of: (one: GatewayHealth) => number): number => pages.reduce((total, one) => total + of(one), 0);
  const states = Object.keys(page.dependencies).map((name): [string, string] => {
    const all = pages.map(({ dependencies }) => dependencies[name] ?? 'down');
    return [name, all.find((state) => state !== 'up') ?? 'up'];
  });
  const processes = reports.map((one, index): [string, string] => [`process ${index + 1}`, one ? 'up' : 'down']);
  return {
    ...page,
    clients: sum(({ clients }) => clients),
    max_clients: sum(({ max_clients }) => max_clients),
    dependencies: Object.fromEntries([...states, ...processes]),
  };
};

/**
 * The metrics of several processes as one text. Each keeps its own, told apart by the label `process`: a total over all would
 * fall when one starts anew, and Prometheus would take the rest of it for an increase.
 */
export const metricsTogether = (metrics: object[][]): Promise<string> =>
  // No two have the same labels, so there is nothing to add up, and nothing that prom-client would leave out.
  AggregatorRegistry.aggregate(metrics.map((all) => all.map((one) => ({ ...one, aggregator: 'first' })))).metrics();
