import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { Confirmations } from './confirmations.ts';
import type { OrderStore } from './order-store.ts';
import type { LiveClientOptions, LiveCounters, OrderChange, Via } from './state.ts';

interface OrderIntakeOptions extends Pick<LiveClientOptions, 'confirm' | 'onOrders'> {
  store: OrderStore;
  counters: LiveCounters;
  /** An order could not be confirmed, or too many are held back: only another snapshot helps. */
  onSnapshotNeeded: () => void;
}

/** Orders that are held back at most. Beyond it, reading another snapshot is cheaper. */
const heldLimit = 20_000;

/**
 * Takes orders into the store, wherever they come from, each by its version: what comes twice or late changes nothing. The
 * orders of events are held back while a snapshot is read, and an event that may be an old one, sent again, is confirmed
 * by REST first. The changes are collected until `emit`.
 */
export class OrderIntake {
  readonly #options: OrderIntakeOptions;
  readonly #confirmations: Confirmations;
  /** Orders of the events that came since `hold`; null while none are held back. */
  #held: Order[] | null = null;
  #changes: OrderChange[] = [];

  constructor(options: OrderIntakeOptions) {
    this.#options = options;
    this.#confirmations = new Confirmations({
      store: options.store,
      read: options.confirm,
      onRead: (order) => this.put([order]),
      onFailed: options.onSnapshotNeeded,
    });
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** Holds back the orders of events, until the snapshot or `cut`. */
  hold(): void {
    this.#held = [];
  }

  /** Takes in the order of an event, unless it is held back or has to be confirmed. */
  event(order: Order): void {
    if (this.#held) {
      this.#held.push(order);
      if (this.#held.length > heldLimit) this.#options.onSnapshotNeeded();
    } else if (!this.#confirmations.doubt(order)) this.#apply(order, 'event');
  }

  /** Takes in what REST has answered, and tells the changes. */
  put(orders: readonly Order[]): void {
    for (const order of orders) this.#apply(order, 'rest');
    this.emit();
  }

  /** Makes the store hold what a snapshot lists, and nothing else; then takes in what was held back, in its order. */
  snapshot(orders: readonly Order[]): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#options.counters.snapshots += 1;
    this.#list(orders, () => false);
    const begun = new Set(held.flatMap(({ id, version }) => (version === 1 ? id : [])));
    for (const order of held) {
      const isPast = !begun.has(order.id) && this.#confirmations.dismiss(order);
      if (!isPast) this.event(order);
    }
  }

  /** Takes in what a poll lists. Final orders that it does not list stay: they were read on demand, and are as they were. */
  poll(orders: readonly Order[]): void {
    this.#list(orders, (order) => isFinal(order.status));
  }

  /** Tells the changes that were collected, if there are any. */
  emit(): void {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length > 0) this.#options.onOrders?.(changes);
  }

  /** Begins to read the orders that have to be confirmed. */
  confirm(): void {
    this.#confirmations.readDoubted();
  }

  /** Drops what is held back or not confirmed yet; returns whether the store lacks an order that was not confirmed. */
  cut(): boolean {
    this.#held = null;
    return this.#confirmations.cut();
  }

  #list(orders: readonly Order[], stays: (order: Order) => boolean): void {
    this.#confirmations.listed(orders);
    for (const order of orders) this.#apply(order, 'snapshot');
    const listed = new Set(orders.map((order) => order.id));
    const removed = this.#options.store.retain((order) => listed.has(order.id) || stays(order));
    for (const order of removed) this.#changes.push({ kind: 'removed', order });
  }

  #apply(order: Order, via: Via): void {
    const { store, counters } = this.#options;
    const previous = store.get(order.id);
    if (!store.upsert(order)) {
      counters.ignored += 1;
      return;
    }
    counters.applied += 1;
    if (via === 'event' && previous) counters.skipped += order.version - previous.version - 1;
    this.#changes.push({ kind: 'applied', via, order, previous });
  }
}
