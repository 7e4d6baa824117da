import { orderStatuses, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { orderText, type SearchTerm, searchTerms } from '@live-orders/contracts/domain/search-text.ts';
import { readSort, type Sort } from '../feed/order-sorts.ts';
import { isQueued, type Look, type Queue, queues } from './queue.ts';
import { finalStatuses, openStatuses, statusViews } from '../orders/status.ts';

/** What the board can be narrowed to: one status, all those that are not final, or everything. */
export const filters = ['open', ...orderStatuses, 'all'] as const;
export type Filter = (typeof filters)[number];

/** One row under the other, or a column for each status. */
export const layouts = ['table', 'columns'] as const;
export type Layout = (typeof layouts)[number];

/** What the board shows, as its address has it. */
export interface View {
  filter: Filter;
  queue: Queue | null;
  query: string;
  sort: Sort;
  layout: Layout;
}

export const filterLabel = (filter: Filter): string =>
  filter === 'open' ? 'Open' : filter === 'all' ? 'All' : statusViews[filter].label;

export function statusesOf(filter: Filter): readonly OrderStatus[] {
  if (filter === 'open') return openStatuses;
  return filter === 'all' ? orderStatuses : [filter];
}

/** Whether the server may have orders for this filter that are not loaded. Of the final ones, only the newest are. */
export const reachesFinal = (filter: Filter): boolean =>
  statusesOf(filter).some((status) => finalStatuses.includes(status));

/** Reads the view from the query of the page's address; what is missing or unknown there gets its default. */
export const readView = (address: { get: (name: string) => string | null }): View => ({
  filter: filters.find((filter) => filter === address.get('status')) ?? 'open',
  queue: queues.find((queue) => queue === address.get('queue')) ?? null,
  query: address.get('q') ?? '',
  sort: readSort(address.get('sort')),
  layout: layouts.find((layout) => layout === address.get('view')) ?? 'table',
});

/** Writes the view as the query of the page's address; what has its default is left out. */
export function writeView({ filter, queue, query, sort, layout }: View): string {
  const address = new URLSearchParams();
  if (queue !== null) address.set('queue', queue);
  if (filter !== 'open') address.set('status', filter);
  if (query !== '') address.set('q', query);
  if (sort !== 'due') address.set('sort', sort);
  if (layout !== 'table') address.set('view', layout);
  return address.toString();
}

/** What is searched through of each order. To make it takes some µs, and each letter that is typed asks it of all of them. */
const texts = new WeakMap<Order, string>();

function textOf(order: Order): string {
  const known = texts.get(order);
  if (known !== undefined) return known;
  const text = orderText(order);
  texts.set(order, text);
  return text;
}

const has = (order: Order, { text, isPart, number }: SearchTerm): boolean =>
  (number !== null && String(order.number).startsWith(String(number))) ||
  textOf(order).startsWith(text) ||
  textOf(order).includes(isPart ? text : ` ${text}`);

/**
 * Tells of orders whether a search finds them. As the server's `q`, but a number is found by its first digits, while it is
 * typed.
 */
export function matcher(query: string): (order: Order) => boolean {
  const terms = searchTerms(query);
  return (order) => terms.every((term) => has(order, term));
}

/** The orders to show, in the order of the list; those in `held` whatever has become of them. */
export function pick(
  orders: readonly Order[],
  { filter, queue, query }: View,
  look: Look,
  held: ReadonlySet<string> = new Set(),
): Order[] {
  const statuses = new Set(statusesOf(filter));
  const isFound = matcher(query);
  return orders.filter((order) => {
    const belongs = (statuses.has(order.status) && isQueued(order, queue, look)) || held.has(order.id);
    return belongs && isFound(order);
  });
}

/** How many of the wanted orders are not among those shown. */
export function countMissing(wanted: readonly Order[], shown: readonly Order[]): number {
  const ids = new Set(shown.map((order) => order.id));
  return wanted.filter((order) => !ids.has(order.id)).length;
}
