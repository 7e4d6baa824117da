import assert from 'node:assert/strict';
import { movesOf, type OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';

export interface ModelLine {
  product_id: string;
  quantity: number;
}

/** An order at one of its versions. */
interface State {
  status: OrderStatus;
  version: number;
  internal_note: string | null;
  /** The statuses that it came through, without moves that were taken back; the last is its own. */
  path: OrderStatus[];
}

interface ModelOrder {
  owner: string;
  total: number;
  lines: ModelLine[];
  /** Every version that it had, from 1. */
  states: State[];
}

/** What one answered change made of an order. `note` is undefined where the answer does not tell. */
export interface Change {
  id: string;
  role: Role;
  /** null: only its note was changed */
  to: OrderStatus | null;
  version: number;
  note?: string | null | undefined;
  /** Whether the last move was taken back, which `to` is the status after. */
  undone?: boolean;
}

const last = <T>(list: T[]): T => {
  const found = list.at(-1);
  assert(found !== undefined);
  return found;
};

/**
 * Orders and stock as they should be, fed with answers only. Requests of one batch run at once, in an unknown order: the
 * versions in the answers say what it was for each order, and a refusal must fit one of the states of the batch.
 */
export class OrdersModel {
  readonly prices: ReadonlyMap<string, number>;
  /** All units that came in. */
  readonly #delivered: Map<string, number>;
  readonly #orders = new Map<string, ModelOrder>();
  readonly #settled = new Map<string, number>();
  readonly #keys = new Map<string, { sent: string; answer: unknown }>();

  constructor(products: { id: string; price: number; stock: number }[]) {
    this.prices = new Map(products.map(({ id, price }) => [id, price]));
    this.#delivered = new Map(products.map(({ id, stock }) => [id, stock]));
  }

  /** Ids in the order of placement. */
  get ids(): string[] {
    return [...this.#orders.keys()];
  }

  /** The id at a place, counted around in a circle; undefined while there is no order. */
  at(place: number | undefined): string | undefined {
    return place === undefined ? undefined : this.ids[place % Math.max(this.#orders.size, 1)];
  }

  owner(id: string): string {
    return this.#order(id).owner;
  }

  /** A batch begins: what each order is now, is the first that a request of it can meet. */
  settle(): void {
    for (const [id, { states }] of this.#orders) this.#settled.set(id, last(states).version);
  }

  price(product: string): number {
    const found = this.prices.get(product);
    assert(found !== undefined);
    return found;
  }

  version(id: string): number {
    return last(this.#order(id).states).version;
  }

  adjusted(product: string, change: number): void {
    this.#delivered.set(product, (this.#delivered.get(product) ?? 0) + change);
  }

  placed(order: Order, owner: string, lines: ModelLine[]): void {
    assert(!this.#orders.has(order.id), `order ${order.id} was placed twice`);
    const total = lines.reduce((sum, line) => sum + line.quantity * this.price(line.product_id), 0);
    assert.deepEqual(
      { total: order.total_amount, version: order.version, status: order.status, owner: order.customer_id },
      { total, version: 1, status: 'pending', owner },
    );
    assert.deepEqual(
      order.items.map(({ product_id, quantity }) => ({ product_id, quantity })),
      lines,
    );
    const states: State[] = [{ status: 'pending', version: 1, internal_note: null, path: ['pending'] }];
    this.#orders.set(order.id, { owner, total, lines, states });
    this.#settled.set(order.id, 1);
  }

  /** Applies the changes of one batch: each version follows the one before, by a step that its role may take. */
  changed(changes: Change[]): void {
    for (const change of changes.toSorted((a, b) => a.version - b.version)) {
      const { states } = this.#order(change.id);
      const before = last(states);
      assert.equal(change.version, before.version + 1, `order ${change.id} skipped or repeated a version`);
      const path = change.undone
        ? before.path.slice(0, -1)
        : [...before.path, ...(change.to === null ? [] : [change.to])];
      if (change.undone) {
        assert.equal(change.to, path.at(-1), `taking a move of ${change.id} back did not lead to where it was before`);
      } else if (change.to !== null) {
        const allowed = movesOf(change.role, before.status);
        assert(allowed.includes(change.to), `${change.role} moved ${change.id} from ${before.status} to ${change.to}`);
      }
      const internal_note = change.to === null ? (change.note ?? null) : before.internal_note;
      states.push({ status: change.to ?? before.status, version: change.version, internal_note, path });
    }
  }

  /** The answer to a request with a key; a replay must be what the first one was told, for the same request. */
  answered(key: string, sent: string, answer: unknown, replayed: boolean): void {
    const stored = this.#keys.get(key);
    if (!stored) {
      assert(!replayed, 'an answer was replayed before it was given');
      this.#keys.set(key, { sent, answer });
      return;
    }
    assert(replayed, 'one key was worked on twice');
    assert.deepEqual({ sent, answer }, stored);
  }

  /** Whether a request with this key may be told that the key belongs to another. */
  isReuse(key: string, sent: string): boolean {
    const stored = this.#keys.get(key);
    return stored !== undefined && stored.sent !== sent;
  }

  /** The states that a request of this batch may have met. */
  met(id: string): State[] {
    const from = this.#settled.get(id) ?? 1;
    return this.#order(id).states.filter(({ version }) => version >= from);
  }

  /** What the database should hold. */
  expected(): { stock: Record<string, number>; orders: Record<string, unknown> } {
    const stock = new Map(this.#delivered);
    const orders: Record<string, unknown> = {};
    for (const [id, { total, lines, states }] of this.#orders) {
      const { status, version, internal_note } = last(states);
      const steps = states.filter((state, index) => state.status !== states[index - 1]?.status);
      orders[id] = { status, version, internal_note, total, history: steps.map((step) => step.status) };
      if (status === 'cancelled') continue;
      for (const line of lines) stock.set(line.product_id, (stock.get(line.product_id) ?? 0) - line.quantity);
    }
    return { stock: Object.fromEntries(stock), orders };
  }

  #order(id: string): ModelOrder {
    const found = this.#orders.get(id);
    assert(found, `order ${id} is not known`);
    return found;
  }
}
