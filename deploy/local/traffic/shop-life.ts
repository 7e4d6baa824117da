import { demoCustomers, demoTeam, seededRandom } from '@live-orders/contracts/demo.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { type UsualStep, usualSteps } from '@live-orders/contracts/domain/order-status.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { Account } from '../client/account.ts';
import { Refusal } from '../client/rest-client.ts';

export interface ShopLifeOptions {
  /** The gateway's URL. */
  gateway: string;
  /** Orders placed per second. */
  rate: number;
  /** The same seed makes the same customers order the same things. */
  seed: number;
  /** Multiplies the time that orders spend in a status. At 1, the default, an order is delivered after 14 to 39 s. */
  pace?: number;
  /** Called with the order that each successful request answered: after it was placed, and after each move. */
  onWrite?: (order: Order) => void;
}

/** Seconds that an order stays in the status before this one, at least and at most. */
const secondsBefore: Readonly<Record<UsualStep, readonly [least: number, most: number]>> = {
  confirmed: [2, 6],
  preparing: [3, 8],
  shipped: [4, 10],
  delivered: [5, 15],
};
const cancelledShare = 0.08;
const reasons = ['Customer changed their mind', 'Ordered twice by mistake', 'Address could not be confirmed'];
/** No more orders than this are under way at once, so that a shop that hangs does not fill the memory. */
const mostUnderWay = 2_000;
/** A product of which fewer pieces than `reorderPoint` are left is restocked by `reorderQuantity` pieces. */
const reorderPoint = 30;
const reorderQuantity = 200;
const requestMs = 5_000;

/** A request without an answer fails after this time. */
const soon = (): AbortSignal => AbortSignal.timeout(requestMs);

/** A call, because TypeScript takes a property that was checked for unchanged, even after an await. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;

/**
 * Simulated people of a shop: customers who place orders, a member of staff who moves or cancels them, and an
 * administrator who refills what runs out. They log in to the demo accounts and use the REST API through the gateway.
 */
export class ShopLife {
  placed = 0;
  moved = 0;
  cancelled = 0;
  /** Requests that were answered with a status of 400 to 499, such as for too little stock. */
  refused = 0;
  /** Requests without an answer, or answered with a status of 500 or more. */
  failed = 0;
  /** Milliseconds that the latest requests took, the newest last. */
  readonly latencies: number[] = [];
  underWay = 0;
  readonly #options: ShopLifeOptions;
  readonly #random: () => number;
  readonly #customers: Account[];
  readonly #staff: Account;
  readonly #admin: Account;
  #products: Product[] = [];

  constructor(options: ShopLifeOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const client = ({ email }: { email: string }): Account => new Account(options.gateway, email);
    this.#customers = demoCustomers.map(client);
    this.#admin = client(demoTeam[0]);
    this.#staff = client(demoTeam[1]);
  }

  /**
   * Goes on until `signal` aborts, and resolves once no request is under way any more. Rejects when the products cannot
   * be read at the beginning; requests that fail later are counted.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#products = await this.#readProducts();
    const lives = new Set<Promise<void>>();
    const refilling = this.#refill(signal);
    const began = performance.now();
    for (let count = 0; !signal.aborted; count += 1) {
      const due = began + (count * 1000) / this.#options.rate;
      await this.#sleep((due - performance.now()) / 1000, signal, 1);
      if (isOver(signal) || this.underWay >= mostUnderWay) continue;
      const life = this.#live(signal).finally(() => lives.delete(life));
      lives.add(life);
    }
    await Promise.all([...lives, refilling]);
  }

  /** The life of one order: a customer places it, and staff moves it until it is delivered or cancelled. */
  async #live(signal: AbortSignal): Promise<void> {
    this.underWay += 1;
    const customer = this.#pick(this.#customers);
    const items = this.#basket();
    const cancelAt = this.#random() < cancelledShare ? Math.floor(this.#random() * 3) : Infinity;
    const waits = usualSteps.map((next) => {
      const [least, most] = secondsBefore[next];
      return least + this.#random() * (most - least);
    });
    let order = await this.#timed(() => customer.call(calls.placeOrder, { body: { items }, signal: soon() }));
    if (order) this.placed += 1;
    for (const [step, next] of usualSteps.entries()) {
      await this.#sleep(waits[step] ?? 0, signal);
      if (!order || isOver(signal)) break;
      const { id } = order;
      const [status, reason] = step === cancelAt ? (['cancelled', this.#pick(reasons)] as const) : [next];
      const body = { status, reason };
      order = await this.#timed(() => this.#staff.call(calls.moveOrder, { id, body, signal: soon() }));
      if (!order) break;
      this.moved += 1;
      if (status !== 'cancelled') continue;
      this.cancelled += 1;
      break;
    }
    this.underWay -= 1;
  }

  /** The order that a request is answered with, or null where the request was refused or failed. */
  async #timed(request: () => Promise<Order>): Promise<Order | null> {
    const began = performance.now();
    try {
      const order = await request();
      this.latencies.push(performance.now() - began);
      if (this.latencies.length > 1_000) this.latencies.shift();
      this.#options.onWrite?.(order);
      return order;
    } catch (error) {
      this.#count(error);
      return null;
    }
  }

  /** A failed request does not end the simulation: it is counted, for the status line, and the next one is tried. */
  #count(error: unknown): void {
    if (error instanceof Refusal && error.status < 500) this.refused += 1;
    else this.failed += 1;
  }

  async #refill(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#products = await this.#readProducts();
        for (const { id } of this.#products.filter(({ stock }) => stock < reorderPoint))
          await this.#admin.call(calls.adjustStock, { id, body: { change: reorderQuantity }, signal: soon() });
      } catch (error) {
        this.#count(error);
      }
      await this.#sleep(2, signal, 1);
    }
  }

  async #readProducts(): Promise<Product[]> {
    return (await this.#admin.call(calls.listProducts, { query: { limit: 200 }, signal: soon() })).data;
  }

  #basket(): { product_id: string; quantity: number }[] {
    const ids = new Set(
      Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () => this.#pick(this.#products).id),
    );
    const [currency] = this.#products.flatMap((product) => (ids.has(product.id) ? [product.currency] : []));
    const fitting = this.#products.filter((product) => ids.has(product.id) && product.currency === currency);
    return fitting.map(({ id }) => ({ product_id: id, quantity: 1 + Math.floor(this.#random() * 2.3) }));
  }

  #pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.#random() * list.length)];
    if (chosen === undefined) throw new RangeError('the shop has no products; start it with its demo data');
    return chosen;
  }

  async #sleep(seconds: number, signal: AbortSignal, pace = this.#options.pace ?? 1): Promise<void> {
    await delay(Math.max(0, seconds * pace * 1000), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
