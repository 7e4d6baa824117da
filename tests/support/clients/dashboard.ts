import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Order } from '@live-orders/contracts/domain/orders.ts';
import { LiveClient } from '../../../dashboard/src/lib/live/client.ts';
import { OrderStore } from '../../../dashboard/src/lib/live/order-store.ts';
import { Api } from './api.ts';

/** A dashboard without a screen: the real client, and a record of every change that it applied. */
export class Dashboard {
  readonly client: LiveClient;
  /** `id@version` of each change, in the order in which they were applied. */
  readonly applied: string[] = [];
  /** Why it was told to read the snapshot again. */
  readonly resyncs: string[] = [];

  /** With several gateways, each new connection goes to the next one, as behind a load balancer. */
  constructor(api: Api, gateways: string[] = [api.url]) {
    let next = 0;
    this.client = new LiveClient({
      store: new OrderStore(100_000),
      url: async () => {
        const gateway = new Api(gateways[next++ % gateways.length] ?? api.url, api.session);
        const granted = await gateway.call(calls.createTicket, {});
        return `${gateway.url.replace('http', 'ws')}/ws?ticket=${granted.ticket}`;
      },
      snapshot: () => api.orders(),
      confirm: (id) => api.call(calls.getOrder, { id }),
      onMessage: (message) => {
        if (message.event === 'resync') this.resyncs.push(message.data.reason);
      },
      onOrders: (changes) => {
        for (const change of changes) {
          if (change.kind === 'applied') this.applied.push(`${change.order.id}@${change.order.version}`);
        }
      },
    });
    this.client.start();
  }

  /** What it shows, sorted by number. */
  shown(): Order[] {
    return [...this.client.store.values()].sort((a, b) => a.number - b.number);
  }

  stop(): void {
    this.client.stop();
  }
}
