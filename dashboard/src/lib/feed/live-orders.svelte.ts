import type { StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { createContext, flushSync } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { clock } from '../ui/clock.svelte.ts';
import { Latencies, type Latency } from './latencies.ts';
import { LiveClient } from '../live/client.ts';
import type { LiveState } from '../live/state.ts';
import { admitToSocket, readOrder, readOrders } from '../orders/order-api.ts';
import { finalOrders, readOrderSnapshot } from '../orders/order-snapshot.ts';
import { Presence } from '../presence/presence.svelte.ts';
import { RecentChanges, type RecentChange } from './recent-changes.ts';
import { finalStatuses } from '../orders/status.ts';

/** Milliseconds. */
const longestRest = 500;
const twoFrames = 34;
const readLimit = 15_000;

const newestFirst = (a: Order, b: Order): number => b.number - a.number;

/** The live client for pages: the same orders and state as Svelte state, brought up to date once per frame. */
export class LiveOrders {
  /** The newest of each product that was heard of. */
  readonly products = new SvelteMap<string, Product>();
  readonly presence: Presence;
  readonly #client: LiveClient;
  #orders = $state.raw<readonly Order[]>([]);
  #state = $state.raw<LiveState>({ phase: 'idle' });
  #lastMessageAt = $state<number | null>(null);
  #complete = $state(false);
  #snapshots = $state(0);
  /** Where the final orders go on that are older than those here; undefined before the first snapshot. */
  #olderFinal = $state<string | null>();
  #partial = $state.raw<readonly OrderStatus[]>(finalStatuses);
  #crowdedOut = $state(0);
  readonly #recent = new RecentChanges();
  readonly #latencies = new Latencies();
  #lag = $state.raw<StreamLag | null>(null);
  #latency = $state.raw<Latency | null>(null);
  #stopFlush: (() => void) | null = null;
  #restUntil = 0;

  /** `userId`: whose page this is. */
  constructor(socketUrl: string, userId: string) {
    this.presence = new Presence(userId, (look) => this.#client.send(look));
    this.#client = new LiveClient({
      url: (signal) => admitToSocket(socketUrl, signal),
      snapshot: (signal) => this.#readSnapshot(signal),
      confirm: readOrder,
      onOrders: (changes) => {
        this.#recent.add(changes);
        this.#schedule();
      },
      onState: ({ phase }) => {
        if (phase === 'reconnecting' || phase === 'ended') this.presence.end();
        this.#schedule();
      },
      onMessage: (message) => this.#hear(message),
    });
  }

  /** Newest first. */
  get orders(): readonly Order[] {
    return this.#orders;
  }

  get state(): LiveState {
    return this.#state;
  }

  get lastMessageAt(): number | null {
    return this.#lastMessageAt;
  }

  /** How far each stage was behind at the last heartbeat. */
  get lag(): StreamLag | null {
    return this.#lag;
  }

  /** How long changes took from the database to the gateway. */
  get latency(): Latency | null {
    return this.#latency;
  }

  /** Whether every open order is here. */
  get complete(): boolean {
    return this.#complete;
  }

  /** How many snapshots were taken in; each takes away the older final orders that were read on demand. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Whether `readOlder` has more to read. */
  get olderFinal(): boolean {
    return this.#olderFinal !== null;
  }

  /** The statuses of which the server may have orders that are not here. */
  get partial(): readonly OrderStatus[] {
    return this.#partial;
  }

  /** How many orders were given up for want of room. */
  get crowdedOut(): number {
    return this.#crowdedOut;
  }

  get(id: string): Order | undefined {
    // The store is no Svelte state: reading the list is what makes the caller hear of changes.
    return this.#orders.length > 0 ? this.#client.store.get(id) : undefined;
  }

  /** What just happened to an order, for the highlight of a row that is being drawn. */
  recent(id: string): RecentChange | undefined {
    return this.#recent.get(id);
  }

  put(orders: readonly Order[]): void {
    this.#client.put(orders);
    this.#publish();
  }

  /** Takes in what was asked for, which then stays whatever room there is, until `release` or the next snapshot. */
  keep(orders: readonly Order[]): void {
    for (const { id } of orders) this.#client.store.kept.add(id);
    this.put(orders);
  }

  release(): void {
    this.#client.store.release();
    this.#publish();
  }

  /** Everything that the server has in these statuses is here. */
  hasAll(statuses: readonly OrderStatus[]): void {
    this.#partial = this.#partial.filter((status) => !statuses.includes(status));
  }

  /** Reads the next of the older final orders; fails as callApi does. */
  async readOlder(): Promise<void> {
    if (!this.#olderFinal) return;
    const search = { status: finalStatuses, limit: finalOrders, cursor: this.#olderFinal };
    const page = await readOrders(search, AbortSignal.timeout(readLimit));
    // A snapshot that came meanwhile has taken the older orders away: they are read from its end again.
    if (this.#olderFinal !== search.cursor) return;
    this.#olderFinal = page.next_cursor;
    this.keep(page.data);
  }

  /** Keeps this order here and up to date, final or not, until the answered function is called. */
  watch(id: string): () => void {
    const { watched } = this.#client.store;
    watched.add(id);
    return () => void watched.delete(id);
  }

  wake(): void {
    this.#client.wake();
  }

  /** Connects, until the answered function is called. */
  start(): () => void {
    const wake = () => this.#client.wake();
    const suspect = () => this.#client.suspect();
    const show = () => {
      if (document.visibilityState === 'visible') wake();
    };
    window.addEventListener('online', wake);
    window.addEventListener('offline', suspect);
    document.addEventListener('visibilitychange', show);
    this.#client.start();
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', suspect);
      document.removeEventListener('visibilitychange', show);
      this.#client.stop();
      this.#stopFlush?.();
    };
  }

  async #readSnapshot(signal: AbortSignal): Promise<Order[]> {
    const { orders, olderFinal } = await readOrderSnapshot(this.#client.store.watched, signal);
    this.release();
    this.#olderFinal = olderFinal;
    this.#partial = olderFinal === null ? [] : finalStatuses;
    this.#complete = true;
    return orders;
  }

  #hear(message: ServerMessage): void {
    if (message.event === 'welcome' || message.event === 'heartbeat') clock.follow(message.data.server_time);
    if (message.event === 'heartbeat') this.#lag = message.data.lag ?? null;
    if (message.event === 'welcome') this.presence.begin();
    if (message.event === 'presence') this.presence.hear(message.data.orders);
    if ('times' in message) this.#latencies.add(message.times);
    if (message.event === 'product_update') {
      const known = this.products.get(message.data.id);
      if (!known || known.version < message.data.version) this.products.set(message.data.id, message.data);
    }
    this.#schedule();
  }

  /** Once per frame; and after a frame that was dear, a rest, so that the page stays free for its user. */
  #schedule(): void {
    if (this.#stopFlush || typeof window === 'undefined') return;
    const wait = document.hidden ? 1000 : this.#restUntil - performance.now();
    if (wait > 0) {
      const timer = setTimeout(() => this.#flush(), wait);
      this.#stopFlush = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(() => this.#flush());
      this.#stopFlush = () => cancelAnimationFrame(frame);
    }
  }

  #flush(): void {
    this.#stopFlush = null;
    const began = performance.now();
    this.#publish();
    flushSync();
    this.#rest((performance.now() - began) * 2);
    // The timer of a frame's callback fires once that frame is painted, so that layout and painting count as well.
    requestAnimationFrame(() => setTimeout(() => this.#rest((performance.now() - began - twoFrames) * 2)));
  }

  #rest(ms: number): void {
    this.#restUntil = Math.max(this.#restUntil, performance.now() + Math.min(ms, longestRest));
  }

  #publish(): void {
    const { store } = this.#client;
    this.#orders = [...store.values()].sort(newestFirst);
    if (store.crowdedOut !== this.#crowdedOut) this.#partial = finalStatuses;
    this.#crowdedOut = store.crowdedOut;
    this.#state = this.#client.state;
    this.#snapshots = this.#client.counters.snapshots;
    this.#lastMessageAt = this.#client.lastMessageAt;
    this.#latency = this.#latencies.summary;
  }
}

export const [getLive, setLive] = createContext<LiveOrders>();
