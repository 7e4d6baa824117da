import type { Look, Person, PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import { SvelteMap } from 'svelte/reactivity';

const nowhere: Look = { event: 'look', order_id: null, doing: 'viewing' };

/** Knows which other people are at which order, and tells them at which one the user of this page is. */
export class Presence {
  readonly #userId: string;
  readonly #say: (look: Look) => void;
  readonly #others = new SvelteMap<string, readonly Person[]>();
  /** The order whose page is open. */
  #viewed: string | null = null;
  /** The orders that are being moved, the newest last. */
  readonly #moved: string[] = [];
  /** What the server was told last. */
  #said: Look = nowhere;

  /** `say` sends a message to the server; it may get lost while there is no connection. */
  constructor(userId: string, say: (look: Look) => void) {
    this.#userId = userId;
    this.#say = say;
  }

  /** To be called when a connection begins: the server has forgotten what it was told on another one. */
  begin(): void {
    this.#said = nowhere;
    this.#tell();
  }

  /** To be called when the connection is lost: where others are is not known any more. */
  end(): void {
    this.#others.clear();
  }

  /** Takes in what the server says about the people at these orders. */
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

  /** Says that the page of an order is open, until the returned function is called. */
  view(orderId: string): () => void {
    this.#viewed = orderId;
    this.#tell();
    return () => {
      if (this.#viewed === orderId) this.#viewed = null;
      this.#tell();
    };
  }

  /** Says that an order is being moved, until the returned function is called. */
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
