import { isFinal, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { dueTime, type Sort, sortSpecs } from './order-sorts.ts';

/** How many orders at the beginning of a sorted list fulfil `isBefore`. */
const countWhile = (sorted: readonly Order[], isBefore: (order: Order) => boolean): number => {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = sorted[middle];
    if (order && isBefore(order)) from = middle + 1;
    else to = middle;
  }
  return from;
};

/**
 * The orders of a store as pages show them: sorted, and counted by status. A change compares a dozen of them and not all:
 * with 10,000, sorting and counting them anew for each frame took a tenth of what the page had. Newest first and due first
 * are always kept, and of the other sorts the one that was asked for last.
 */
export class OrderLists {
  readonly #newest: Order[] = [];
  readonly #due: Order[] = [];
  #other: { sort: Sort; orders: Order[] } | null = null;
  readonly #counts = { pending: 0, confirmed: 0, preparing: 0, shipped: 0, delivered: 0, cancelled: 0 };
  readonly #assigned = new Map<string | null, number>();

  /** To be called for each change, with the very order that is replaced or dropped (`before`), and the one that comes. */
  replace(before: Order | undefined, after: Order | undefined): void {
    this.#move(this.#newest, '-number', before, after);
    this.#move(this.#due, 'due', before, after);
    if (this.#other) this.#move(this.#other.orders, this.#other.sort, before, after);
    if (before) this.#count(before, -1);
    if (after) this.#count(after, 1);
  }

  /** A copy, newest first. */
  get newest(): readonly Order[] {
    return this.#newest.slice();
  }

  /** A copy, with what is due first, and at the end what is never due. */
  get due(): readonly Order[] {
    return this.#due.slice();
  }

  /** A copy, sorted in any way. */
  sorted(sort: Sort): readonly Order[] {
    if (sort === '-number') return this.newest;
    if (sort === 'due') return this.due;
    if (this.#other?.sort !== sort) {
      this.#other = { sort, orders: this.#newest.toSorted(sortSpecs[sort].compare) };
    }
    return this.#other.orders.slice();
  }

  /** How many orders were due before `time` (ms since the epoch). */
  lateAt(time: number): number {
    return countLate(this.#due, time);
  }

  /** A copy: how many orders there are in each status. */
  get counts(): Readonly<Record<OrderStatus, number>> {
    return { ...this.#counts };
  }

  /** A copy: how many open orders each member of the team takes care of, by user id; those of nobody under null. */
  get assigned(): ReadonlyMap<string | null, number> {
    return new Map(this.#assigned);
  }

  /** All of them, as they are now. */
  copy() {
    const { newest, due, counts, assigned } = this;
    return { newest, due, counts, assigned };
  }

  #count({ status, assigned_to }: Order, change: number): void {
    this.#counts[status] += change;
    if (isFinal(status)) return;
    const who = assigned_to ?? null;
    this.#assigned.set(who, (this.#assigned.get(who) ?? 0) + change);
  }

  #move(sorted: Order[], sort: Sort, before: Order | undefined, after: Order | undefined): void {
    const { compare } = sortSpecs[sort];
    const placeOf = (order: Order): number => countWhile(sorted, (other) => compare(other, order) < 0);
    if (before && after && compare(before, after) === 0) {
      sorted[placeOf(before)] = after;
      return;
    }
    if (before) sorted.splice(placeOf(before), 1);
    if (after) sorted.splice(placeOf(after), 0, after);
  }
}

/** How many orders of a list that has what is due first were due before `now` (ms since the epoch). */
export const countLate = (due: readonly Order[], now: number): number => {
  const time = new Date(now).toISOString();
  return countWhile(due, (order) => dueTime(order) < time);
};
