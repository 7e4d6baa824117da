import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, movesFrom, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Person } from './person.ts';

/**
 * A write as its client saw it. `failed` is a refusal: the shop said that nothing has changed. `unknown` is all the rest:
 * no answer, or one that does not tell.
 */
export interface Write {
  /** Sent as the order's note or the step's reason, by which the write is found in the database. */
  id: string;
  kind: 'create' | 'move' | 'note';
  /** The id of the order; null for a creation that was never answered. */
  order: string | null;
  /** The order's version after this write; null unless an answer said that it was done. */
  version: number | null;
  outcome: 'ok' | 'failed' | 'unknown';
  what: string;
  /** When it was sent last (ms since the epoch), and how long the answer took (ms). */
  at: number;
  ms: number;
  status: number | string;
  /** Sends a creation again with its idempotency key; null for other writes. */
  repeat: (() => Promise<void>) | null;
}

interface Known {
  id: string;
  status: OrderStatus;
}

const patienceMs = 5_000;
const mostUnderWay = 24;
const mostOpen = 30;

/** Clients who create orders, move them, cancel them and write notes, a handful of writes a second. */
export class Workload {
  readonly writes: Write[] = [];
  /** Orders that are open as far as the clients know. */
  readonly open = new Map<string, Known>();
  readonly #customers: Person[];
  readonly #staff: Person;
  readonly #random: () => number;
  readonly #underWay = new Set<Promise<void>>();
  #products: string[] = [];

  constructor(plan: { customers: Person[]; staff: Person; random: () => number }) {
    this.#customers = plan.customers;
    this.#staff = plan.staff;
    this.#random = plan.random;
  }

  /** How many writes of this round were done and said so. */
  get acknowledged(): number {
    return this.writes.filter(({ outcome }) => outcome === 'ok').length;
  }

  /** Fills the shelves of two products, so that no order fails for want of stock. */
  async stockUp(admin: Person): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    const { data } = await admin.call(calls.listProducts, { query: { limit: 2 }, signal });
    for (const { id } of data) {
      await admin.call(calls.adjustStock, { id, body: { change: 100_000 }, signal });
      this.#products.push(id);
    }
  }

  /** Begins about `rate` writes a second until the signal; resolves when the last one has its answer or its time-out. */
  async run(rate: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#underWay.size < mostUnderWay) this.#begin();
      await delay((1000 / rate) * (0.5 + this.#random()));
    }
    await Promise.all(this.#underWay);
  }

  #begin(): void {
    const write = this.#next();
    const work = write.finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  #next(): Promise<void> {
    const chance = this.#random();
    const known = [...this.open.values()][Math.floor(this.#random() * this.open.size)];
    if (known === undefined || (chance < 0.35 && this.open.size < mostOpen)) return this.#create();
    if (chance > 0.9) return this.#note(known);
    return this.#move(known);
  }

  async #create(): Promise<void> {
    const customer = this.#pick(this.#customers);
    const id = randomUUID();
    const body = { items: [{ product_id: this.#pick(this.#products), quantity: 1 }], note: id };
    const options = { body, headers: { 'idempotency-key': id } };
    const write = this.#record({ id, kind: 'create', order: null, what: `created by ${customer.email}` });
    write.repeat = () => this.#perform(write, customer, 'POST', '/orders/api/orders', options);
    await write.repeat();
  }

  async #move(known: Known): Promise<void> {
    const id = randomUUID();
    const allowed = movesFrom(known.status);
    const chance = this.#random();
    // Sometimes a step that is not allowed: a refused write must not appear anywhere.
    const to = chance < 0.08 ? 'pending' : chance < 0.16 ? 'cancelled' : (allowed[0] ?? 'delivered');
    const write = this.#record({ id, kind: 'move', order: known.id, what: `${known.status} → ${to}` });
    const body = { status: to, reason: id };
    await this.#perform(write, this.#staff, 'PATCH', `/orders/api/orders/${known.id}/status`, { body });
  }

  async #note(known: Known): Promise<void> {
    const id = randomUUID();
    const write = this.#record({ id, kind: 'note', order: known.id, what: 'note' });
    await this.#perform(write, this.#staff, 'PATCH', `/orders/api/orders/${known.id}`, { body: { internal_note: id } });
  }

  #record(given: Pick<Write, 'id' | 'kind' | 'order' | 'what'>): Write {
    const write: Write = {
      ...given,
      version: null,
      outcome: 'unknown',
      at: Date.now(),
      ms: 0,
      status: '',
      repeat: null,
    };
    this.writes.push(write);
    return write;
  }

  async #perform(
    write: Write,
    person: Person,
    method: string,
    path: string,
    options: { body: unknown; headers?: Record<string, string> },
  ): Promise<void> {
    const began = performance.now();
    write.at = Date.now();
    try {
      const { status, body } = await person.send(method, path, { ...options, signal: AbortSignal.timeout(patienceMs) });
      write.status = status;
      // 409 for a creation means that an earlier request with the same key is still running: its outcome is not known yet.
      const isOpen = status >= 500 || (status === 409 && write.kind === 'create');
      write.outcome = status < 300 ? 'ok' : isOpen ? 'unknown' : 'failed';
      if (write.outcome === 'ok') this.#learn(write, body);
      else if (write.order !== null) this.open.delete(write.order);
    } catch (error) {
      write.status = error instanceof Error ? error.message : String(error);
      if (write.order !== null) this.open.delete(write.order);
    }
    write.ms = Math.round(performance.now() - began);
  }

  #learn(write: Write, body: unknown): void {
    const { id, status, version } = order.parse(body);
    write.order = id;
    // A repeated creation gets the answer of the first one.
    write.version = version;
    if (isFinal(status)) this.open.delete(id);
    else this.open.set(id, { id, status });
  }

  #pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.#random() * list.length)];
    if (chosen === undefined) throw new RangeError('there is nothing to choose from');
    return chosen;
  }
}
