import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';

/**
 * The orders that a client knows, each at the highest version that it has seen. When there are more than `capacity`,
 * orders in a final status are dropped, the longest unchanged first; orders that still move are never dropped.
 */
export class OrderStore {
  readonly capacity: number;
  /** Ids of orders that have a page of their own open; they are not dropped when the store is full. */
  readonly watched = new Set<string>();
  /** Ids of orders that a page has asked for; until `release` they are not dropped, and do not count as full. */
  readonly kept = new Set<string>();
  /** How many orders were dropped because the store was full. */
  crowdedOut = 0;
  readonly #orders = new Map<string, Order>();
  readonly #final = new Set<string>();
  /** Versions of the orders that were dropped, so that a late duplicate does not bring one back in an earlier state. */
  readonly #dropped = new Map<string, number>();
  readonly #onChange: (before: Order | undefined, after: Order | undefined) => void;

  /** `onChange` is called for each order that is taken in (`before` is what it replaces) or dropped (`after` is undefined). */
  constructor(
    capacity = 2000,
    onChange: (before: Order | undefined, after: Order | undefined) => void = () => undefined,
  ) {
    this.capacity = capacity;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#orders.size;
  }

  get(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  /** The highest version of an order that was ever here, dropped or not; 0 for none. */
  seen(id: string): number {
    return this.#orders.get(id)?.version ?? this.#dropped.get(id) ?? 0;
  }

  values(): IterableIterator<Order> {
    return this.#orders.values();
  }

  /**
   * Takes the order in unless the same or a higher version is here already; returns whether it did. An order that was
   * dropped may come back at the version that it had, because it was read again and this is still its latest.
   */
  upsert(order: Order): boolean {
    const known = this.#orders.get(order.id);
    if (known && known.version >= order.version) return false;
    const droppedAt = this.#dropped.get(order.id);
    if (droppedAt !== undefined) {
      if (droppedAt > order.version) return false;
      this.#dropped.delete(order.id);
    }
    this.#orders.set(order.id, order);
    if (isFinal(order.status)) this.#final.add(order.id);
    else this.#final.delete(order.id);
    this.#onChange(known, order);
    if (this.#size > this.capacity) this.#shrink(order.id);
    return true;
  }

  /** Drops every order for which `keep` is false; returns those. */
  retain(keep: (order: Order) => boolean): Order[] {
    const removed = [...this.#orders.values()].filter((order) => !keep(order));
    for (const order of removed) this.#drop(order);
    return removed;
  }

  release(): void {
    this.kept.clear();
    if (this.#size > this.capacity) this.#shrink();
  }

  /** How many orders count towards the capacity. */
  get #size(): number {
    return this.#orders.size - this.kept.size;
  }

  #drop(order: Order): void {
    this.#orders.delete(order.id);
    this.#final.delete(order.id);
    this.#dropped.set(order.id, order.version);
    this.#onChange(order, undefined);
    if (this.#dropped.size <= this.capacity * 10) return;
    const [oldest] = this.#dropped.keys();
    if (oldest !== undefined) this.#dropped.delete(oldest);
  }

  /** Goes a little below the capacity, so that a full store doesn't sort itself at every new order. */
  #shrink(justTaken?: string): void {
    const surplus = this.#size - Math.floor(this.capacity * 0.95);
    const final: Order[] = [];
    for (const id of this.#final) {
      const order = this.#orders.get(id);
      if (order && id !== justTaken && !this.watched.has(id) && !this.kept.has(id)) final.push(order);
    }
    final.sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
    const crowded = final.slice(0, surplus);
    for (const order of crowded) this.#drop(order);
    this.crowdedOut += crowded.length;
  }
}
