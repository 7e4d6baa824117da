import { ApiError, callApi } from '#lib/session/api.ts';
import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import { membersOf } from '@live-orders/contracts/rest/errors.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { SvelteMap } from 'svelte/reactivity';

const mostOfOne = 1000;

const pathOfLine = /^items\.(\d+)/;

/** What a customer is about to order. */
export class Basket {
  note = $state('');
  sending = $state(false);
  /** What went wrong with the order as a whole. */
  failure = $state<string | null>(null);
  /** What is wrong with a line, by product. */
  readonly lineErrors = new SvelteMap<string, string>();
  readonly #quantities = new SvelteMap<string, number>();
  readonly #products: () => readonly Product[];

  constructor(products: () => readonly Product[]) {
    this.#products = products;
  }

  get lines(): { product: Product; quantity: number }[] {
    return this.#products().flatMap((product) => {
      const quantity = this.quantity(product.id);
      return quantity > 0 ? [{ product, quantity }] : [];
    });
  }

  get total(): number {
    return this.lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
  }

  quantity(productId: string): number {
    return this.#quantities.get(productId) ?? 0;
  }

  set(product: Product, quantity: number): void {
    const whole = Math.min(Math.max(0, Math.trunc(quantity) || 0), mostOfOne);
    this.#quantities.set(product.id, whole);
    this.lineErrors.delete(product.id);
    this.failure = null;
  }

  /** Places the order; null when that failed, with the reasons in `failure` and `lineErrors`. May throw SessionEndedError. */
  async place(): Promise<Order | null> {
    const lines = this.lines;
    const items = lines.map(({ product, quantity }) => ({ product_id: product.id, quantity }));
    this.sending = true;
    this.failure = null;
    this.lineErrors.clear();
    try {
      const body = { items, note: this.note.trim() || undefined };
      return await callApi(orderSchema, 'orders/api/orders', { method: 'POST', body });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#explain(error, items);
      return null;
    } finally {
      this.sending = false;
    }
  }

  #explain(error: ApiError, items: readonly { product_id: string; quantity: number }[]): void {
    const short = membersOf('insufficient_stock', error.problem);
    if (short) {
      for (const { product_id, available, requested } of short.items) {
        const left = available === 0 ? 'Sold out in the meantime' : `Only ${available} left`;
        this.lineErrors.set(product_id, `${left}; you asked for ${requested}.`);
      }
      this.failure = 'There is not enough of everything. Nothing was ordered.';
      return;
    }
    for (const { path, message } of error.problem?.errors ?? []) {
      const item = items[Number(pathOfLine.exec(path)?.[1] ?? Number.NaN)];
      if (item) this.lineErrors.set(item.product_id, `This line ${message}.`);
    }
    this.failure = error.isUncertain
      ? 'It is not known whether the order was placed. Look at your orders before you try again.'
      : error.message;
  }
}
