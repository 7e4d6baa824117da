import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { page } from '$app/state';
import { ApiError } from '../session/api.ts';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { SessionEndedError } from '../live/state.ts';
import { leaveForLogin } from '../session/login.ts';
import { readOrders } from '../orders/order-api.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import {
  arrange,
  countMissing,
  reachesFinal,
  readView,
  statusesOf,
  writeView,
  type Filter,
  type Sort,
} from './order-view.ts';

const rowsAtOnce = 100;
const typingPause = 250;
/** As long as the pointer has just moved over the rows, none is put in above the one that is aimed at. */
const aimingMs = 1200;

/** What the board shows: filter, search and order as in the address, older orders on demand, rows that hold still. */
export class Board {
  filter = $state<Filter>('open');
  query = $state('');
  sort = $state<Sort>('newest');
  /** The server is being asked for orders that are not loaded. */
  fetching = $state(false);
  failure = $state<string | null>(null);
  readonly #live: LiveOrders;
  #limit = $state(rowsAtOnce);
  #cursor = $state<string | null>(null);
  #crowdedOut = 0;
  #aiming = $state(false);
  #aimTimer: ReturnType<typeof setTimeout> | undefined;
  #fetch: AbortController | null = null;
  #fetchTimer: ReturnType<typeof setTimeout> | undefined;
  #held: readonly Order[] = [];
  readonly #wanted = $derived.by(() => arrange(this.#live.orders, this.filter, this.query, this.sort));
  readonly #rows = $derived.by(() => {
    this.#held = this.#aiming ? this.#held.flatMap((order) => this.#live.get(order.id) ?? []) : this.#wanted;
    return this.#held;
  });

  constructor(live: LiveOrders) {
    this.#live = live;
    const { filter, query, sort } = readView(page.url.searchParams);
    this.filter = filter;
    this.query = query;
    this.sort = sort;
  }

  get rows(): readonly Order[] {
    return this.#rows.slice(0, this.#limit);
  }

  /** Orders that came in and are kept off the rows for a moment. */
  get waiting(): number {
    if (!this.#aiming) return 0;
    return countMissing(this.#wanted, this.#rows);
  }

  get hasMore(): boolean {
    return this.#rows.length > this.#limit || this.#cursor !== null;
  }

  /** Whether what is shown is all there is, so that an empty list may say so. */
  get settled(): boolean {
    return !this.fetching && (this.#live.complete || this.failure !== null);
  }

  show(change: { filter?: Filter; query?: string; sort?: Sort }): void {
    this.release();
    this.filter = change.filter ?? this.filter;
    this.query = change.query ?? this.query;
    this.sort = change.sort ?? this.sort;
    this.#limit = rowsAtOnce;
    this.search(change.query === undefined ? 0 : typingPause);
    this.#remember();
  }

  /** Asks the server for what the filter reaches beyond the loaded orders: all open ones are loaded anyway. */
  search(wait = 0): void {
    clearTimeout(this.#fetchTimer);
    this.#fetch?.abort();
    this.#live.release();
    this.#cursor = null;
    this.#crowdedOut = this.#live.crowdedOut;
    this.failure = null;
    this.fetching = reachesFinal(this.filter) || this.query.trim() !== '';
    if (this.fetching) this.#fetchTimer = setTimeout(() => void this.#read(null), wait);
  }

  async more(): Promise<void> {
    const more = this.#rows.length > this.#limit;
    this.#limit += rowsAtOnce;
    if (!more && this.#cursor !== null) await this.#read(this.#cursor);
  }

  aim(): void {
    this.#aiming = true;
    clearTimeout(this.#aimTimer);
    this.#aimTimer = setTimeout(() => this.release(), aimingMs);
  }

  release(): void {
    clearTimeout(this.#aimTimer);
    this.#aiming = false;
  }

  stop(): void {
    this.release();
    clearTimeout(this.#fetchTimer);
    this.#fetch?.abort();
  }

  async #read(cursor: string | null): Promise<void> {
    const fetch = new AbortController();
    this.#fetch = fetch;
    this.fetching = true;
    this.failure = null;
    const status = statusesOf(this.filter);
    const q = this.query.trim().replace(/^#/, '');
    try {
      let isNews: boolean;
      do {
        const found = await readOrders({ status, limit: rowsAtOnce, q, cursor }, fetch.signal);
        if (fetch.signal.aborted) return;
        // A page of what is here already would look as if there were no more.
        isNews = found.data.some(({ id }) => !this.#live.get(id));
        this.#live.keep(found.data);
        cursor = found.next_cursor;
      } while (this.#cursor !== null && cursor !== null && !isNews);
      this.#cursor = cursor;
      const all = cursor === null && q === '' && this.#live.crowdedOut === this.#crowdedOut;
      if (all) this.#live.hasAll(status);
    } catch (error) {
      if (fetch.signal.aborted) return;
      if (error instanceof SessionEndedError) return leaveForLogin();
      this.failure = error instanceof ApiError ? error.message : 'Older orders can’t be read.';
    }
    this.fetching = false;
  }

  #remember(): void {
    const query = writeView({ filter: this.filter, query: this.query.trim(), sort: this.sort });
    void goto(resolve(`?${query}`), { replace: true, reset: false });
  }
}
