import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStore } from './order-store.ts';

/** Milliseconds. */
const confirmLimit = 5_000;
/** Orders read at a time; beyond it, a snapshot is cheaper. */
const mostAtOnce = 20;

interface ConfirmationsOptions {
  store: Pick<OrderStore, 'get' | 'seen'>;
  /** Without it, every question fails. */
  read: ((id: string, signal: AbortSignal) => Promise<Order | null>) | undefined;
  onRead: (order: Order) => void;
  /** What was asked is not known: only a snapshot tells now. */
  onFailed: () => void;
}

/** Reads single orders by REST, when an event of one may be older than what the server has. */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  #cut = new AbortController();
  #open = 0;
  readonly #doubted = new Set<string>();
  /** When the newest order of the last snapshot was placed. */
  #listedUntil = '';

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /** A snapshot lists these orders. */
  listed(orders: readonly Order[]): void {
    this.#listedUntil = orders.reduce((until, { created_at }) => (created_at > until ? created_at : until), '');
  }

  /** Whether an event's order is not to be shown before it was read, which it is then. */
  doubt(order: Order): boolean {
    const isDoubtful = this.#isDoubtful(order);
    if (isDoubtful) this.#doubted.add(order.id);
    return isDoubtful;
  }

  /** Whether an order of an event that came before the snapshot is too old for it, final by then; never shown. */
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

  /** Forgets what was not read yet; answers whether there was anything. */
  cut(): boolean {
    const any = this.#open + this.#doubted.size > 0;
    this.#cut.abort();
    this.#cut = new AbortController();
    this.#doubted.clear();
    this.#open = 0;
    return any;
  }

  /**
   * Of an order that is not here, one placed after the last snapshot is news, even when its beginning was left out for a
   * slow reader. Any other was final by then, or given up: an event of it may be an old one, sent again.
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
      // Whatever it was, the snapshot that follows meets it as well, and tells.
      if (!isOver()) this.#options.onFailed();
    }
  }
}
