import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { clock } from '../ui/clock.svelte.ts';
import { steadyNow } from '../ui/steady-clock.ts';
import { heedBrowser } from './browser-signs.ts';
import { connectionOf } from './connection.ts';
import { LinkHealth } from './link-health.svelte.ts';
import { LiveClient } from '../live/client.ts';
import { OrderStore } from '../live/order-store.ts';
import type { LiveState, OrderChange } from '../live/state.ts';
import { readOrder, readOrders } from '../orders/order-api.ts';
import { admitToSocket } from '../session/ticket.ts';
import { finalOrders, readOrderSnapshot } from '../orders/order-snapshot.ts';
import { Presence } from '../presence/presence.svelte.ts';
import { OrderLists } from './order-lists.ts';
import type { Sort } from './order-sorts.ts';
import { RecentChanges, type RecentChange } from './recent-changes.ts';
import { Repaint } from './repaint.ts';
import { finalStatuses } from '../orders/status.ts';

/** Milliseconds. */
const readLimit = 15_000;
/** Orders that are kept, unless more than that are open. */
const capacity = 2_000;

/** The live client as Svelte state for the pages, brought up to date at most once per frame. */
export class LiveOrders {
  /** The one of this page while it is started, for the loads of pages, which run outside of components. Never on a server. */
  static here: LiveOrders | null = null;
  /** The latest version of each product of which the stream has brought an update. */
  readonly products = new SvelteMap<string, Product>();
  readonly presence: Presence;
  readonly link = new LinkHealth();
  /** Called with what changes, at once; and with nothing at each heartbeat, because a hidden page’s timers rest. */
  onChanges: (changes: readonly OrderChange[]) => void = () => undefined;
  readonly #client: LiveClient;
  readonly #lists = new OrderLists();
  #listsChanged = false;
  #shown = $state.raw(this.#lists.copy());
  #state = $state.raw<LiveState>({ phase: 'idle' });
  #complete = $state(false);
  #snapshots = $state(0);
  /** The cursor of the next older final orders; null when there are none, undefined before the first snapshot. */
  #olderFinal = $state<string | null>();
  #partial = $state.raw<readonly OrderStatus[]>(finalStatuses);
  #crowdedOut = $state(0);
  readonly #recent = new RecentChanges();
  readonly #repaint = new Repaint(() => this.#publish());

  /** `socketUrl` is the gateway's, or a path at the page's own address, without a ticket; `userId` is the user who is logged in. */
  constructor(socketUrl: string, userId: string) {
    this.presence = new Presence(userId, (look) => this.#client.send(look));
    this.#client = new LiveClient({
      store: new OrderStore(capacity, (before, after) => {
        this.#lists.replace(before, after);
        this.#listsChanged = true;
      }),
      now: steadyNow,
      ...connectionOf(userId),
      url: (signal) => admitToSocket(socketUrl, signal),
      snapshot: (signal, poll) => this.#readSnapshot(signal, poll),
      confirm: readOrder,
      onOrders: (changes) => {
        this.#recent.add(changes);
        this.link.add(changes);
        this.onChanges(changes);
        this.#repaint.schedule();
      },
      onState: (state) => {
        if (state.phase === 'reconnecting' || state.phase === 'ended') this.presence.end();
        this.link.follow(state);
        this.#repaint.schedule();
      },
      onMessage: (message) => this.#hear(message),
    });
  }

  /** Newest first. */
  get orders(): readonly Order[] {
    return this.#shown.newest;
  }

  /** What is due first comes first, and last what is never due. */
  get byDue(): readonly Order[] {
    return this.#shown.due;
  }

  sorted(sort: Sort): readonly Order[] {
    // As `get`: the lists are no Svelte state.
    return this.#shown.newest.length > 0 ? this.#lists.sorted(sort) : [];
  }

  /** How many orders are here in each status. */
  get counts(): Readonly<Record<OrderStatus, number>> {
    return this.#shown.counts;
  }

  /** How many open orders each member of the team takes care of, by user id; those of nobody under null. */
  get assigned(): ReadonlyMap<string | null, number> {
    return this.#shown.assigned;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Whether a snapshot was read, so that every open order is here. */
  get complete(): boolean {
    return this.#complete;
  }

  /** How many snapshots were taken in. Each one removes the older final orders that were read on demand. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Whether `readOlder` has more to read. */
  get olderFinal(): boolean {
    return this.#olderFinal !== null;
  }

  /** The statuses in which the server may have orders that are not here. */
  get partial(): readonly OrderStatus[] {
    return this.#partial;
  }

  /** How many orders the store has dropped because it was full. */
  get crowdedOut(): number {
    return this.#crowdedOut;
  }

  get(id: string): Order | undefined {
    // The store is no Svelte state. Reading the list, which is, makes Svelte ask again after a change.
    return this.#shown.newest.length > 0 ? this.#client.store.get(id) : undefined;
  }

  /** What has just happened to an order, for the highlight of a row that is being drawn. */
  recent(id: string): RecentChange | undefined {
    return this.#recent.get(id);
  }

  put(orders: readonly Order[]): void {
    this.#client.put(orders);
    this.#publish();
  }

  /** Takes in orders that a page has asked for. They stay even when the store is full, until `release` or a snapshot. */
  keep(orders: readonly Order[]): void {
    for (const { id } of orders) this.#client.store.kept.add(id);
    this.put(orders);
  }

  release(): void {
    this.#client.store.release();
    this.#publish();
  }

  /** To be called when everything that the server has in these statuses is here. */
  hasAll(statuses: readonly OrderStatus[]): void {
    this.#partial = this.#partial.filter((status) => !statuses.includes(status));
  }

  /** Reads the next older final orders. Fails as callApi does. */
  async readOlder(): Promise<void> {
    if (!this.#olderFinal) return;
    const search = { status: finalStatuses, limit: finalOrders, cursor: this.#olderFinal };
    const page = await readOrders(search, AbortSignal.timeout(readLimit));
    // A snapshot that came meanwhile has removed the older orders, so that these no longer follow on what is here.
    if (this.#olderFinal !== search.cursor) return;
    this.#olderFinal = page.next_cursor;
    this.keep(page.data);
  }

  /** Keeps an order here and up to date, final or not, until the returned function is called. */
  watch(id: string): () => void {
    const { watched } = this.#client.store;
    watched.add(id);
    return () => void watched.delete(id);
  }

  /** How many of the orders that are here now were due before `time` (ms since the epoch); `byDue` may be a frame older. */
  lateAt(time: number): number {
    return this.#lists.lateAt(time);
  }

  wake(): void {
    this.#client.wake();
  }

  /** Connects, until the returned function is called. */
  start(): () => void {
    const ignore = heedBrowser(this.#client);
    this.#client.start();
    LiveOrders.here = this;
    return () => {
      LiveOrders.here = null;
      ignore();
      this.#client.stop();
      this.#repaint.stop();
    };
  }

  async #readSnapshot(signal: AbortSignal, poll: boolean): Promise<Order[]> {
    const { orders, olderFinal } = await readOrderSnapshot(this.#client.store.watched, signal);
    // What was read on demand stays, so that there is as much as before.
    if (poll) return orders;
    this.release();
    this.#olderFinal = olderFinal;
    this.#partial = olderFinal === null ? [] : finalStatuses;
    this.#complete = true;
    return orders;
  }

  #hear(message: ServerMessage): void {
    if (message.event === 'welcome' || message.event === 'heartbeat') clock.follow(message.data.server_time);
    this.link.hear(message);
    if (message.event === 'heartbeat') this.onChanges([]);
    if (message.event === 'welcome') this.presence.begin();
    if (message.event === 'presence') this.presence.hear(message.data.orders);
    if (message.event === 'product_update') {
      const known = this.products.get(message.data.id);
      if (!known || known.version < message.data.version) this.products.set(message.data.id, message.data);
    }
    this.#repaint.schedule();
  }

  #publish(): void {
    const { store } = this.#client;
    if (this.#listsChanged) {
      this.#listsChanged = false;
      this.#shown = this.#lists.copy();
    }
    if (store.crowdedOut !== this.#crowdedOut) this.#partial = finalStatuses;
    this.#crowdedOut = store.crowdedOut;
    this.#state = this.#client.state;
    this.#snapshots = this.#client.counters.snapshots;
    this.link.publish(this.#client);
  }
}

export const [getLive, setLive] = createContext<LiveOrders>();
