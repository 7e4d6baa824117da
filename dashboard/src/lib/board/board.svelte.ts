import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { page } from '$app/state';
import { ApiError } from '../session/api.ts';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { sortSpecs } from '../feed/order-sorts.ts';
import { backoff } from '../live/backoff.ts';
import { SessionEndedError } from '../live/state.ts';
import { leaveForLogin } from '../session/login.ts';
import { clock } from '../ui/clock.svelte.ts';
import { readOrders } from '../orders/order-api.ts';
import { finalStatuses } from '../orders/status.ts';
import { orderStatuses, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Moves } from '../moves/moves.svelte.ts';
import { countMissing, pick, reachesFinal, readView, statusesOf, type View, writeView } from './order-view.ts';
import { isQueued } from './queue.ts';

const pageSize = 100;
const typingPause = 250;

/**
 * What makes rows keep their places: the pointer over them, a finger on them, the focus in one, one being dragged, one open beside
 * them, one being cancelled.
 */
export type Aim = 'pointer' | 'finger' | 'focus' | 'drag' | 'drawer' | 'cancelling';

/**
 * What the board shows: filter, search and sort order as the page's address has them, older orders on demand, and rows
 * that keep their places while somebody aims at one, so that no press hits another than it was meant for.
 */
export class Board {
  view = $state.raw<View>(readView(page.url.searchParams));
  /** Whether orders that are not loaded are being read from the server. */
  fetching = $state(false);
  failure = $state<string | null>(null);
  /** Whether what failed is tried again by itself. */
  retrying = $state(false);
  /** The order whose row the focus is in or was led to last. */
  reached = $state<string | null>(null);
  readonly #live: LiveOrders;
  readonly #userId: string;
  /** Who is late is another question each second; whose an order is, is not. */
  readonly #look = $derived.by(() => ({
    userId: this.#userId,
    now: this.view.queue === 'late' || this.view.queue === 'soon' ? clock.now : 0,
  }));
  #cursor = $state<string | null>(null);
  #crowdedOut = 0;
  readonly #moves: Moves;
  /** Each with the order that it is about. */
  readonly #aims = new SvelteMap<Aim, string | null>();
  #fetch: AbortController | null = null;
  #fetchTimer: ReturnType<typeof setTimeout> | undefined;
  /** The rows that keep their places. */
  #held = $state.raw<readonly Order[]>([]);
  #heldUnderWay = $state.raw<ReadonlyMap<string, OrderStatus>>(new Map());
  readonly #wanted = $derived.by(() => this.#pick());
  readonly rows: readonly Order[] = $derived.by(() =>
    this.#aims.size > 0 ? this.#held.flatMap((order) => this.#live.get(order.id) ?? []) : this.#wanted,
  );

  /** `userId` is the user who looks at it. */
  constructor(live: LiveOrders, moves: Moves, userId: string) {
    this.#live = live;
    this.#moves = moves;
    this.#userId = userId;
  }

  /** Orders whose rows are in the page wherever they stand: the one in focus, and those that somebody aims at. */
  get kept(): readonly string[] {
    return [this.reached, ...this.#aims.values()].filter((id) => id !== null);
  }

  /** How many orders are not shown yet, because the rows keep their places. */
  get waiting(): number {
    if (this.#aims.size === 0) return 0;
    return countMissing(this.#wanted, this.rows);
  }

  /** All rows, by the status in whose column they stand: while they keep their places, the one that they had. */
  readonly columns: ReadonlyMap<OrderStatus, readonly Order[]> = $derived.by(() => {
    const isHeld = this.#aims.size > 0;
    const underWay = isHeld ? this.#heldUnderWay : this.#moves.underWay;
    const columns = new Map<OrderStatus, Order[]>();
    for (const order of isHeld ? this.#held : this.#wanted) {
      const status = underWay.get(order.id) ?? order.status;
      const now = isHeld ? this.#live.get(order.id) : order;
      if (!now) continue;
      const column = columns.get(status);
      if (column) column.push(now);
      else columns.set(status, [now]);
    }
    return columns;
  });

  /** The rows as somebody reads them: one column after the other, where there are columns. */
  get inReadingOrder(): readonly Order[] {
    if (this.view.layout === 'table') return this.rows;
    return orderStatuses.flatMap((status) => this.columns.get(status) ?? []);
  }

  /** Whether a search of the open orders found none, so that those of all others are shown that it found. */
  readonly widened = $derived.by(
    () => this.#isWide && this.rows.length > 0 && this.rows.every(({ status }) => finalStatuses.includes(status)),
  );

  /** Whether the server has more of these. Open ones are here, once all is. */
  get hasMore(): boolean {
    const isHere = this.#live.complete && !this.widened && !reachesFinal(this.view.filter);
    return this.#cursor !== null && !isHere;
  }

  /** Whether final orders that are not here belong in between the rows, because the server can't list them in their order. */
  get hasGaps(): boolean {
    const { sort, filter } = this.view;
    if (sortSpecs[sort].server !== null || !(reachesFinal(filter) || this.widened)) return false;
    return this.fetching || this.failure !== null || this.#cursor !== null;
  }

  /** Whether everything that is to be shown was read (or could not be), so that an empty list may say that it is empty. */
  get settled(): boolean {
    return !this.fetching && (this.#live.complete || this.failure !== null);
  }

  /** Shows what the page's address says, where something else than this board has changed it. */
  follow(): void {
    const view = readView(page.url.searchParams);
    if (writeView(view) !== this.#address) this.show(view);
  }

  show(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.takeIn();
    this.search(change.query === undefined ? 0 : typingPause);
    this.#remember();
  }

  /** Reads what the filter and the search may find beyond the loaded orders, `wait` ms from now. Open ones are loaded anyway. */
  search(wait = 0): void {
    clearTimeout(this.#fetchTimer);
    this.#fetch?.abort();
    this.#live.release();
    this.#cursor = null;
    this.#crowdedOut = this.#live.crowdedOut;
    this.failure = null;
    this.fetching = this.view.queue === null && (reachesFinal(this.view.filter) || this.view.query.trim() !== '');
    if (this.fetching) this.#fetchTimer = setTimeout(() => void this.#read(null), wait);
  }

  async more(): Promise<void> {
    if (!this.fetching && this.#cursor !== null) await this.#read(this.#cursor);
  }

  /** From now on the rows keep their places, until every aim has been let go. `id` is the order that it is about. */
  aim(aim: Aim, id: string | null = null): void {
    if (this.#aims.size === 0) this.takeIn();
    this.#aims.set(aim, id);
  }

  letGo(aim: Aim): void {
    this.#aims.delete(aim);
  }

  /** Puts what waits into the rows, and takes out what no longer belongs there. */
  takeIn(): void {
    this.#held = this.#pick();
    this.#heldUnderWay = this.#moves.underWay;
  }

  /** Puts what was read below the rows, where they keep their places: a search may be answered while somebody aims at one. */
  #append(): void {
    const held = new Set(this.#held.map(({ id }) => id));
    this.#held = [...this.#held, ...this.#pick().filter(({ id }) => !held.has(id))];
  }

  /** Whether an order is among the rows only because it was there before it moved on. */
  isLeaving(order: Order): boolean {
    const { filter, queue } = this.view;
    if (this.widened) return false;
    return !statusesOf(filter).includes(order.status) || !isQueued(order, queue, this.#look);
  }

  stop(): void {
    clearTimeout(this.#fetchTimer);
    this.#fetch?.abort();
  }

  #pick(): Order[] {
    const orders = this.#live.sorted(this.view.sort);
    const picked = pick(orders, this.view, this.#look, this.#moves.ids);
    return picked.length > 0 || !this.#isWide ? picked : pick(orders, { ...this.view, filter: 'all' }, this.#look);
  }

  async #read(cursor: string | null, attempt = 0): Promise<void> {
    const fetch = new AbortController();
    this.#fetch = fetch;
    this.fetching = true;
    const status = statusesOf(this.#isWide ? 'all' : this.view.filter);
    const q = this.view.query.trim();
    const sort = sortSpecs[this.view.sort].server?.all;
    try {
      let isNews: boolean;
      do {
        const found = await readOrders({ status, limit: pageSize, q, sort, cursor }, fetch.signal);
        if (fetch.signal.aborted) return;
        // After a page of orders that are all here already, nothing would seem to have happened: the next one is read too.
        isNews = found.data.some(({ id }) => !this.#live.get(id));
        this.#live.keep(found.data);
        this.#append();
        cursor = found.next_cursor;
      } while (this.#cursor !== null && cursor !== null && !isNews);
      this.#cursor = cursor;
      this.failure = null;
      const all = cursor === null && q === '' && this.#live.crowdedOut === this.#crowdedOut;
      if (all) this.#live.hasAll(status);
    } catch (error) {
      if (fetch.signal.aborted) return;
      if (error instanceof SessionEndedError) return leaveForLogin();
      this.failure = error instanceof ApiError ? error.message : 'Older orders can’t be read.';
      this.retrying = error instanceof ApiError && error.mayPass;
      if (this.retrying) {
        this.#fetchTimer = setTimeout(() => void this.#read(cursor, attempt + 1), backoff(attempt, Math.random));
      }
    }
    this.fetching = false;
  }

  get #isWide(): boolean {
    const { filter, query, queue } = this.view;
    return filter === 'open' && queue === null && query.trim() !== '';
  }

  get #address(): string {
    return writeView({ ...this.view, query: this.view.query.trim() });
  }

  #remember(): void {
    void goto(resolve(`?${this.#address}`), { replace: true, reset: false });
  }
}
