import type { Order } from '@live-orders/contracts/orders.ts';

/** Milliseconds. */
const confirmLimit = 5_000;
/** Orders read at a time; beyond it, a snapshot is cheaper. */
const mostAtOnce = 20;

interface ConfirmationsOptions {
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

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /** This order is not to be shown before it was read. */
  doubt(id: string): void {
    this.#doubted.add(id);
  }

  /** This order is not to be shown at all. */
  dismiss(id: string): void {
    this.#doubted.delete(id);
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
