import { orderStatuses, type Order, transitions } from '@live-orders/contracts/orders.ts';
import { order } from '@live-orders/contracts/orders.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';

/** A write that was acknowledged. */
export interface Write {
  id: string;
  version: number;
}

const pauseMs = 30;

/**
 * Customers who place orders and staff who move them, one write after the other, through whatever happens. Writes that
 * were acknowledged are in `written`; one that failed or never got an answer may or may not have happened.
 */
export class Workload {
  readonly written: Write[] = [];
  failed = 0;
  readonly #customer: Api;
  readonly #staff: Api;
  readonly #productIds: string[];
  readonly #open: Order[] = [];
  #running = true;
  readonly #done: Promise<void>;

  constructor(customer: Api, staff: Api, productIds: string[]) {
    this.#customer = customer;
    this.#staff = staff;
    this.#productIds = productIds;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let turn = 0; this.#running; turn += 1) {
      try {
        const placed = turn % 3 === 0 ? await this.#place(turn) : await this.#move();
        if (placed) this.written.push({ id: placed.id, version: placed.version });
      } catch (error) {
        // Any of the parts may be down at this moment; that is what the workload is for.
        if (!(error instanceof Error)) throw error;
        this.failed += 1;
      }
      await delay(pauseMs);
    }
  }

  async #place(turn: number): Promise<Order> {
    const product_id = this.#productIds[turn % this.#productIds.length] ?? '';
    const placed = await this.#customer.placeOrder([{ product_id, quantity: 1 }]);
    this.#open.push(placed);
    return placed;
  }

  async #move(): Promise<Order | null> {
    const next = this.#open.shift();
    if (!next) return null;
    const [status = orderStatuses[0]] = transitions[next.status];
    const answer = await this.#staff.send('PATCH', `/orders/api/orders/${next.id}/status`, { status });
    // A move whose answer was lost may have happened: then this one is refused, and the order is left alone.
    if (answer.status !== 200) throw new Error(`moving answered ${answer.status}`);
    const moved = order.parse(answer.body);
    if (transitions[moved.status].length > 0) this.#open.push(moved);
    return moved;
  }
}
