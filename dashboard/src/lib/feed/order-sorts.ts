import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderQuery } from '@live-orders/contracts/rest/orders.ts';

/** How the board can be sorted, as its address says it: by a column, with `-` before it for descending. */
export const sorts = [
  'due',
  '-due',
  '-number',
  'number',
  'customer',
  '-customer',
  '-total',
  'total',
  'status',
  '-status',
] as const;
export type Sort = (typeof sorts)[number];

type Compare = (a: Order, b: Order) => number;

interface SortSpec {
  label: string;
  /** Gives 0 for no two orders, so that the place of each is certain. */
  compare: Compare;
  /** How the server lists open orders like this, and how all orders; null where it can't. */
  server: { open: OrderQuery['sort']; all: OrderQuery['sort'] } | null;
}

/** Sorts after every time. */
const never = '9999';
export const dueTime = ({ due_at }: Order): string => due_at ?? never;

const names = new Intl.Collator('en');
const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const byNumber: Compare = (a, b) => a.number - b.number;
const byCustomer: Compare = (a, b) => names.compare(a.customer_name, b.customer_name);
const byTotal: Compare = (a, b) => a.total_amount - b.total_amount;
const byStatus: Compare = (a, b) => orderStatuses.indexOf(a.status) - orderStatuses.indexOf(b.status);

const turned =
  (compare: Compare): Compare =>
  (a, b) =>
    compare(b, a);
const newestFirst = turned(byNumber);
const thenNewest =
  (compare: Compare): Compare =>
  (a, b) =>
    compare(a, b) || newestFirst(a, b);

/** Final orders are never due, and stand at the end either way, newest first: there the server lists them so. */
export const sortSpecs: Readonly<Record<Sort, SortSpec>> = {
  due: {
    label: 'Due first',
    compare: thenNewest((a, b) => byText(dueTime(a), dueTime(b))),
    server: { open: 'due_at', all: '-created_at' },
  },
  '-due': {
    label: 'Due last',
    compare: thenNewest((a, b) => byText(b.due_at ?? '', a.due_at ?? '')),
    server: { open: '-due_at', all: '-created_at' },
  },
  '-number': { label: 'Newest', compare: newestFirst, server: { open: '-created_at', all: '-created_at' } },
  number: { label: 'Oldest', compare: byNumber, server: { open: 'created_at', all: 'created_at' } },
  customer: { label: 'Name A–Z', compare: thenNewest(byCustomer), server: null },
  '-customer': { label: 'Name Z–A', compare: thenNewest(turned(byCustomer)), server: null },
  '-total': {
    label: 'High totals',
    compare: thenNewest(turned(byTotal)),
    server: { open: '-total_amount', all: '-total_amount' },
  },
  total: {
    label: 'Low totals',
    compare: thenNewest(byTotal),
    server: { open: 'total_amount', all: 'total_amount' },
  },
  status: { label: 'First status', compare: thenNewest(byStatus), server: null },
  '-status': { label: 'Last status', compare: thenNewest(turned(byStatus)), server: null },
};

/** Links of before the other columns could be sorted by say `newest`. */
export const readSort = (text: string | null): Sort =>
  text === 'newest' ? '-number' : (sorts.find((sort) => sort === text) ?? 'due');
