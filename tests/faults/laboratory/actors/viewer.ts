import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { LiveClient } from '../../../../dashboard/src/lib/live/client.ts';
import type { LiveState, Via } from '../../../../dashboard/src/lib/live/state.ts';
import type { LiveSocket } from '../../../../dashboard/src/lib/transport/socket.ts';
import { OrderStore } from '../../../../dashboard/src/lib/live/order-store.ts';
import type { FaultProxy } from '../rig/fault-proxy.ts';
import { Person } from './person.ts';

/** One change of an order as the dashboard's client applied it. */
export interface Applied {
  id: string;
  version: number;
  status: string;
  /** `removed`: a snapshot did not list the order, so that the same version may be applied again later. */
  via: Via | 'removed';
  /** A `skipped` message came with this change: the server left events out and said so. */
  spared: boolean;
  at: number;
}

export interface ViewerPlan {
  name: string;
  email: string;
  link: FaultProxy;
  /** Something between it and the gateway lets no WebSocket through. */
  blocked: boolean;
}

/** A dashboard without a screen: the real client on a wire of its own, and a record of all that it was told and applied. */
export class Viewer {
  readonly name: string;
  readonly person: Person;
  readonly link: FaultProxy;
  /** In the order in which they were applied, since the last `forget`. */
  applied: Applied[] = [];
  /** The versions that it held before `applied`. */
  baseline = new Map<string, number>();
  /** The client's phases since the last `forget`, beginning with the one at that time. */
  phases: { phase: LiveState['phase']; at: number }[] = [];
  /** Whose orders it sees alone; null for the team, who see all. */
  customerId: string | null = null;
  /** Ids of orders whose event came twice on one connection, which the client itself would hide. */
  readonly resent: string[] = [];
  /** Milliseconds by which the answer to a snapshot is late. */
  snapshotDelay = 0;
  client: LiveClient;
  #snapshots = 0;
  /** The `seq` of each event that came on the present connection. */
  readonly #heard = new Set<number>();
  /** A `skipped` message has come, and the events after it are not applied yet. */
  #spared = false;
  #socket: WebSocket | null = null;
  readonly #blocked: boolean;

  constructor({ name, email, link, blocked }: ViewerPlan) {
    this.name = name;
    this.link = link;
    this.#blocked = blocked;
    this.person = new Person(`http://127.0.0.1:${link.port}`, email);
    this.client = this.#open();
  }

  /** How often it has read a snapshot, in its whole life. */
  get snapshots(): number {
    return this.#snapshots + this.client.counters.snapshots;
  }

  get isLive(): boolean {
    return this.client.state.phase === 'live';
  }

  /** The version at which it holds an order; 0 for none. */
  versionOf(id: string): number {
    return this.client.store.get(id)?.version ?? 0;
  }

  shown(): Order[] {
    return [...this.client.store.values()];
  }

  /** Starts again with an empty store, as a page does that is loaded anew. */
  reload(): void {
    this.client.stop();
    this.#snapshots += this.client.counters.snapshots;
    this.applied = [];
    this.baseline = new Map();
    this.phases = [];
    this.client = this.#open();
  }

  /** Reads nothing from its socket any more, while it stays open; server-sent events go on. */
  freeze(): void {
    this.#socket?.pause();
  }

  thaw(): void {
    this.#socket?.resume();
  }

  /** Begins a new record: what was applied so far has been judged. */
  forget(): void {
    this.applied = [];
    this.resent.length = 0;
    this.baseline = new Map(this.shown().map(({ id, version }) => [id, version]));
    this.phases.splice(0, this.phases.length - 1);
  }

  /** Resolves once it is live for the first time. */
  async settle(): Promise<void> {
    const { id, role } = await this.person.user();
    this.customerId = role === 'customer' ? id : null;
    for (let tries = 0; !this.isLive; tries += 1) {
      if (tries > 600) throw new Error(`${this.name} does not become live: ${JSON.stringify(this.client.state)}`);
      await delay(50);
    }
  }

  stop(): void {
    this.client.stop();
  }

  #open(): LiveClient {
    const client = new LiveClient({
      store: new OrderStore(5_000),
      url: (signal) => this.#admission(signal),
      snapshot: async (signal) => {
        const orders = await this.person.snapshot(signal);
        if (this.snapshotDelay > 0) await delay(this.snapshotDelay, undefined, { signal });
        return orders;
      },
      confirm: (id, signal) => this.person.order(id, signal),
      onOrders: (changes) => {
        for (const change of changes) {
          const { id, version, status } = change.order;
          const via = change.kind === 'removed' ? 'removed' : change.via;
          this.applied.push({ id, version, status, via, spared: this.#spared, at: Date.now() });
        }
        if (changes.some((change) => change.kind === 'removed' || change.via !== 'rest')) this.#spared = false;
      },
      onMessage: (message) => {
        if (message.event === 'skipped') this.#spared = true;
        if (message.event === 'welcome' || message.event === 'resync') this.#heard.clear();
        if (!('times' in message)) return;
        if (this.#heard.has(message.seq)) this.resent.push(message.data.id);
        this.#heard.add(message.seq);
      },
      onState: ({ phase }) => {
        this.phases.push({ phase, at: Date.now() });
        // The session was revoked by a fault: this person logs in again.
        if (phase === 'ended' && this.client === client) setTimeout(() => this.#return(client), 200);
      },
      openSocket: (url) => this.#socketTo(url),
    });
    client.start();
    return client;
  }

  #return(client: LiveClient): void {
    if (this.client !== client || client.state.phase !== 'ended' || client.state.reason === 'stopped') return;
    this.person.forget();
    client.start();
  }

  #socketTo(url: URL): LiveSocket {
    const socket = new WebSocket(this.#blocked ? new URL('/blocked', url) : url);
    // `close` follows, and that is what the client listens to.
    socket.on('error', () => undefined);
    this.#socket = socket;
    return socket;
  }

  async #admission(signal: AbortSignal): Promise<string> {
    const { ticket } = await this.person.call(calls.createTicket, { signal });
    return `ws://127.0.0.1:${this.link.port}/ws?ticket=${ticket}`;
  }
}
