import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';

/**
 * The orders that a client knows, each at the highest version it has seen. Orders in a final status are given up, the
 * longest unchanged first, when there are more than `capacity`; orders that still move are always kept.
 */
export class OrderStore {
  readonly capacity: number;
  /** Ids of orders that a page shows on their own; they are not given up for want of room. */
  readonly watched = new Set<string>();
  /** Ids of orders that were asked for: they have room of their own, beyond the capacity, until `release`. */
  readonly kept = new Set<string>();
  /** How many orders were given up for want of room. */
  crowdedOut = 0;
  readonly #orders = new Map<string, Order>();
  readonly #final = new Set<string>();
  /** Versions of the orders given up: a late duplicate must not bring one back in an earlier state. */
  readonly #givenUp = new Map<string, number>();

  constructor(capacity = 2000) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#orders.size;
  }

  get(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  /** The highest version that was ever here, given up or not; 0 for none. */
  seen(id: string): number {
    return this.#orders.get(id)?.version ?? this.#givenUp.get(id) ?? 0;
  }

  values(): IterableIterator<Order> {
    return this.#orders.values();
  }

  /**
   * Takes the order in unless the same or a higher version is here already; answers whether it did. One that was given
   * up comes back at the version it had: whoever read it anew knows that this is still the latest.
   */
  upsert(order: Order): boolean {
    const known = this.#orders.get(order.id);
    if (known && known.version >= order.version) return false;
    const left = this.#givenUp.get(order.id);
    if (left !== undefined) {
      if (left > order.version) return false;
      this.#givenUp.delete(order.id);
    }
    this.#orders.set(order.id, order);
    if (isFinal(order.status)) this.#final.add(order.id);
    else this.#final.delete(order.id);
    if (this.#size > this.capacity) this.#shrink(order.id);
    return true;
  }

  /** Gives up every order that `keep` refuses, and answers those. */
  retain(keep: (order: Order) => boolean): Order[] {
    const removed = [...this.#orders.values()].filter((order) => !keep(order));
    for (const order of removed) this.#giveUp(order);
    return removed;
  }

  release(): void {
    this.kept.clear();
    if (this.#size > this.capacity) this.#shrink();
  }

  /** How many orders take up the capacity. */
  get #size(): number {
    return this.#orders.size - this.kept.size;
  }

  #giveUp(order: Order): void {
    this.#orders.delete(order.id);
    this.#final.delete(order.id);
    this.#givenUp.set(order.id, order.version);
    if (this.#givenUp.size <= this.capacity * 10) return;
    const [oldest] = this.#givenUp.keys();
    if (oldest !== undefined) this.#givenUp.delete(oldest);
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
    for (const order of crowded) this.#giveUp(order);
    this.crowdedOut += crowded.length;
  }
}
