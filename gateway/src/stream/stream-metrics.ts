import type { GatewayHealth } from '@live-orders/contracts/rest/health.ts';
import { Gauge, type Registry } from 'prom-client';

/** Metrics of how the stream is at this gateway, read at a scrape from what its health page says. */
export const measureStream = (registry: Registry, health: () => GatewayHealth): void => {
  const registers = [registry];
  new Gauge({
    name: 'gateway_stream_live',
    help: '1 while every stage of the stream is known to be in time, else 0',
    registers,
    collect() {
      this.set(health().live ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gateway_stream_age_ms',
    help: 'Everything that was committed longer ago than this has come; NaN while nothing is known',
    registers,
    collect() {
      const { fresh_at } = health();
      this.set(fresh_at === null ? NaN : Math.max(0, Date.now() - Date.parse(fresh_at)));
    },
  });
  new Gauge({
    name: 'gateway_dependency_up',
    help: '1 for each part behind the gateway that answers it, else 0',
    labelNames: ['name'],
    registers,
    collect() {
      for (const [name, state] of Object.entries(health().dependencies)) this.set({ name }, state === 'up' ? 1 : 0);
    },
  });
};
