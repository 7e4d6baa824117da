import cluster from 'node:cluster';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import { Counter, type Registry } from 'prom-client';
import type { config as Config } from '../config.ts';
import { GatewayProcess } from './gateway-process.ts';
import { healthTogether, metricsTogether } from './together.ts';

interface PrimaryOptions {
  config: Pick<typeof Config, 'GATEWAY_PROCESSES' | 'OPS_HOST' | 'OPS_PORT'>;
  log: Log;
  metrics: Registry;
  graceMs: number;
}

/**
 * Keeps `GATEWAY_PROCESSES` processes running, each a whole gateway with its own clients, memory and limits; Node hands each
 * new connection of their one port to the next of them. The primary serves no clients, but operators: it asks the processes.
 */
export const runPrimary = ({ config, log, metrics, graceMs }: PrimaryOptions): Promise<never> => {
  // As JSON, a gauge without a value would come as null, and not as NaN.
  cluster.setupPrimary({ serialization: 'advanced' });
  const crashes = new Counter({
    name: 'gateway_process_crashes_total',
    help: 'How often a process of this gateway ended although nobody asked it to',
    labelNames: ['of'],
    registers: [metrics],
  });
  const processes = Array.from({ length: config.GATEWAY_PROCESSES }, (_none, index) => {
    const number = String(index + 1);
    crashes.inc({ of: number }, 0);
    return new GatewayProcess(number, log, () => crashes.inc({ of: number }));
  });
  const reports = () => Promise.all(processes.map((one) => one.report()));
  const operations = operationsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    graceMs,
    log,
    health: async () => healthTogether((await reports()).map((one) => one?.health ?? null)),
    metrics: {
      contentType: metrics.contentType,
      metrics: async () => {
        const theirs = (await reports()).flatMap((one) => (one ? [one.metrics] : []));
        return metricsTogether([await metrics.getMetricsAsJSON(), ...theirs]);
      },
    },
  });
  return run(log, [...processes, operations], () => Promise.resolve());
};
