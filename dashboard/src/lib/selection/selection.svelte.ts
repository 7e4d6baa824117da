import { mostNamed } from '@live-orders/contracts/rest/orders.ts';
import { createContext } from 'svelte';
import { SvelteMap, SvelteSet } from 'svelte/reactivity';

/** How many can be picked: as many as one call names, and as may be changed one by one within a user's rate. */
export const mostPicked = mostNamed;

/** The orders that somebody has picked to do something with all of them, by their ids. */
export class Selection {
  /** Why an order is still picked after something was done with all of them, in words. */
  readonly reasons = new SvelteMap<string, string>();
  readonly #ids = new SvelteSet<string>();
  readonly #shown: () => readonly string[];
  /** Where a range begins. */
  #anchor: string | null = null;

  /** `shown` gives the ids of all orders that the board shows, first to last. */
  constructor(shown: () => readonly string[]) {
    this.#shown = shown;
  }

  get size(): number {
    return this.#ids.size;
  }

  get isFull(): boolean {
    return this.#ids.size >= mostPicked;
  }

  /** In the order in which they were picked. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  toggle(id: string): void {
    if (this.#ids.has(id)) this.drop(id);
    else this.pick([id]);
    this.#anchor = id;
  }

  /** Picks everything that is shown from what was picked last to this one. */
  extend(id: string): void {
    const shown = this.#shown();
    const [from, to] = [this.#anchor === null ? -1 : shown.indexOf(this.#anchor), shown.indexOf(id)];
    if (from < 0) return this.toggle(id);
    const range = shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.pick(from <= to ? range : range.reverse());
  }

  /** Picks these too, the first of them where that would be more than can be picked. */
  pick(ids: readonly string[]): void {
    for (const id of ids) if (!this.isFull) this.#ids.add(id);
  }

  drop(id: string): void {
    this.#ids.delete(id);
    this.reasons.delete(id);
  }

  clear(): void {
    this.#ids.clear();
    this.reasons.clear();
    this.#anchor = null;
  }
}

export const [getSelection, setSelection] = createContext<Selection>();
