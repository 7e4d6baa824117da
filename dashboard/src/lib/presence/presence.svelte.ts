import type { Look, Person, PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import { SvelteMap } from 'svelte/reactivity';

const nowhere: Look = { event: 'look', order_id: null, doing: 'viewing' };

/** Who else is at which order; and tells the others at which one this page is. */
export class Presence {
  readonly #userId: string;
  readonly #say: (look: Look) => void;
  readonly #others = new SvelteMap<string, readonly Person[]>();
  /** The order whose page is open, and those that a step is being taken with; the newest last. */
  #viewed: string | null = null;
  readonly #moved: string[] = [];
  #said: Look = nowhere;

  /** `say` may lose what it is given while there is no connection. */
  constructor(userId: string, say: (look: Look) => void) {
    this.#userId = userId;
    this.#say = say;
  }

  /** A connection begins: nothing holds that was said before. */
  begin(): void {
    this.#said = nowhere;
    this.#tell();
  }

  /** The connection is lost: where others are is not known any more. */
  end(): void {
    this.#others.clear();
  }

  hear(orders: readonly PresentOrder[]): void {
    for (const { order_id, people } of orders) {
      const others = people.filter(({ id }) => id !== this.#userId);
      if (others.length > 0) this.#others.set(order_id, others);
      else this.#others.delete(order_id);
    }
  }

  others(orderId: string): readonly Person[] {
    return this.#others.get(orderId) ?? [];
  }

  /** The page of an order is open, until the answered function is called. */
  view(orderId: string): () => void {
    this.#viewed = orderId;
    this.#tell();
    return () => {
      if (this.#viewed === orderId) this.#viewed = null;
      this.#tell();
    };
  }

  /** A step of an order is being taken, until the answered function is called. */
  move(orderId: string): () => void {
    this.#moved.push(orderId);
    this.#tell();
    return () => {
      this.#moved.splice(this.#moved.lastIndexOf(orderId), 1);
      this.#tell();
    };
  }

  #tell(): void {
    const moved = this.#moved.at(-1);
    const look: Look = {
      event: 'look',
      order_id: moved ?? this.#viewed,
      doing: moved === undefined ? 'viewing' : 'moving',
    };
    const isKnown =
      look.order_id === this.#said.order_id && (look.order_id === null || look.doing === this.#said.doing);
    if (isKnown) return;
    this.#said = look;
    this.#say(look);
  }
}
