import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStore } from './order-store.ts';

/** Milliseconds within which an order must be read. */
const confirmLimit = 5_000;
/** Orders that are read at the same time at most. Beyond it, a snapshot is cheaper. */
const mostAtOnce = 20;

interface ConfirmationsOptions {
  store: Pick<OrderStore, 'get' | 'seen'>;
  /** Reads one order by REST; null where there is none. Without it, no order can be confirmed. */
  read: ((id: string, signal: AbortSignal) => Promise<Order | null>) | undefined;
  onRead: (order: Order) => void;
  /** An order could not be confirmed: only a snapshot can tell what is true. */
  onFailed: () => void;
}

/** Reads an order by REST when an event shows it in a state that may be older than the one that the server has. */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  #cut = new AbortController();
  /** How many orders are being read. */
  #open = 0;
  /** Orders that are to be read. */
  readonly #doubted = new Set<string>();
  /** When the newest order of the last snapshot was placed, in RFC 3339. */
  #listedUntil = '';

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /** To be called with the orders of each snapshot. */
  listed(orders: readonly Order[]): void {
    this.#listedUntil = orders.reduce((until, { created_at }) => (created_at > until ? created_at : until), '');
  }

  /** Whether the order of an event may be an old state of it. Then it is to be read, and must not be shown before. */
  doubt(order: Order): boolean {
    const isDoubtful = this.#isDoubtful(order);
    if (isDoubtful) this.#doubted.add(order.id);
    return isDoubtful;
  }

  /**
   * Whether the order of an event that came before the snapshot is missing there because it was final by then, and too old
   * to be listed. Such an order is neither shown nor read.
   */
  dismiss(order: Order): boolean {
    const isPast = isFinal(order.status) && this.#isDoubtful(order);
    if (isPast) this.#doubted.delete(order.id);
    return isPast;
  }

  readDoubted(): void {
    const doubted = [...this.#doubted];
    if (doubted.length === 0) return;
    const { read, onFailed } = this.#options;
    if (!read || this.#open + doubted.length > mostAtOnce) return onFailed();
    this.#doubted.clear();
    this.#open += doubted.length;
    for (const id of doubted) void this.#confirm(read(id, this.#signal()), this.#cut.signal);
  }

  /** Drops what was not read yet; returns whether there was anything. */
  cut(): boolean {
    const any = this.#open + this.#doubted.size > 0;
    this.#cut.abort();
    this.#cut = new AbortController();
    this.#doubted.clear();
    this.#open = 0;
    return any;
  }

  /**
   * An order that is not in the store, and was placed after those of the last snapshot, is new, even when its first events
   * were skipped because this client read too slowly. Any other was final at the snapshot or dropped since, so an event of
   * it may be an old one that was sent again: a replayed dead letter, or a reconciliation.
   */
  #isDoubtful({ id, version, created_at }: Order): boolean {
    const { store } = this.#options;
    if (store.get(id)) return false;
    const seen = store.seen(id);
    if (seen > 0) return version >= seen;
    return created_at < this.#listedUntil || (version > 1 && created_at === this.#listedUntil);
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#cut.signal, AbortSignal.timeout(confirmLimit)]);
  }

  async #confirm(reading: Promise<Order | null>, cut: AbortSignal): Promise<void> {
    const isOver = () => cut.aborted;
    try {
      const order = await reading;
      if (isOver()) return;
      this.#open -= 1;
      if (order) this.#options.onRead(order);
    } catch {
      // Whatever has failed: the snapshot that is read next fails for the same reason, and its failure is shown.
      if (!isOver()) this.#options.onFailed();
    }
  }
}
