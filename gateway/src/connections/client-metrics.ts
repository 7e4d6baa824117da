import { closeCodes, type CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Hub } from '../fanout/hub.ts';

/**
 * Metrics of how clients fare at this gateway. All are read from the hub at a scrape but the count of closes: call the function
 * that is returned for each connection that the gateway closes.
 */
export const measureClients = (registry: Registry, hub: Hub): ((reason: CloseReason) => void) => {
  const registers = [registry];
  new Gauge({
    name: 'gateway_clients',
    help: 'Open sockets',
    registers,
    collect() {
      this.set(hub.size);
    },
  });
  new Gauge({
    name: 'gateway_clients_behind',
    help: 'Those that read too slowly at the moment, so that events wait for them',
    registers,
    collect() {
      this.set(hub.behind);
    },
  });
  new Counter({
    name: 'gateway_events_skipped_total',
    help: 'Events that were left out for clients that read too slowly, summed up over the clients',
    registers,
    collect() {
      this.reset();
      this.inc(hub.skipped);
    },
  });
  const closes = new Counter({
    name: 'gateway_closes_total',
    help: 'Connections that the gateway closed',
    labelNames: ['reason'],
    registers,
  });
  for (const reason in closeCodes) closes.inc({ reason }, 0);
  return (reason) => closes.inc({ reason });
};
