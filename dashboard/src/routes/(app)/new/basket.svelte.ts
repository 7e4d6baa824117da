import { ApiError, callApi, newKey } from '#lib/session/api.ts';
import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import { membersOf } from '@live-orders/contracts/rest/errors.ts';
import { mostOfOneProduct, type OrderCreation } from '@live-orders/contracts/rest/orders.ts';
import { formatMoney } from '#lib/ui/money.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { SvelteMap } from 'svelte/reactivity';
import { keepBasket, type KeptLine, onOtherTab, readBasket } from './kept-basket.ts';

const pathOfLine = /^items\.(\d+)/;

/** What a customer is about to order; the browser keeps it, and its tabs share it. */
export class Basket {
  sending = $state(false);
  /** What went wrong with the order as a whole. */
  failure = $state<string | null>(null);
  /** What is wrong with a line, by product. */
  readonly lineErrors = new SvelteMap<string, string>();
  readonly #userId: string;
  readonly #lines = new SvelteMap<string, KeptLine>();
  readonly #products: () => readonly Product[];
  #note = $state('');
  /** With the same key, however often it is sent, the order is placed once. Another order has another key. */
  #key: string | null = null;
  /** Whether the order of this key may have been placed. */
  #isUncertain = false;

  constructor(userId: string, products: () => readonly Product[]) {
    this.#userId = userId;
    this.#products = products;
  }

  /** Takes over what the browser keeps, now and whenever another tab changes that; gives what ends it. */
  follow(): () => void {
    this.#restore();
    return onOtherTab(this.#userId, () => this.#restore());
  }

  get lines(): { product: Product; quantity: number }[] {
    return this.#products().flatMap((product) => {
      const quantity = this.quantity(product.id);
      return quantity > 0 ? [{ product, quantity }] : [];
    });
  }

  /** The names of chosen products that are no longer sold. */
  get gone(): string[] {
    const sold = new Set(this.#products().map(({ id }) => id));
    return [...this.#lines].flatMap(([id, { name }]) => (sold.has(id) ? [] : [name]));
  }

  get total(): number {
    return this.lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
  }

  get note(): string {
    return this.#note;
  }

  set note(text: string) {
    this.#note = text;
    this.#changed();
  }

  quantity(productId: string): number {
    return this.#lines.get(productId)?.quantity ?? 0;
  }

  /** What a chosen product cost when the customer saw it last, where that is not its price any more. */
  earlierPrice(product: Product): number | null {
    const seen = this.#lines.get(product.id)?.price ?? product.price;
    return seen === product.price ? null : seen;
  }

  /** What is no whole number leaves the line as it is. */
  set(product: Product, wanted: number): void {
    this.lineErrors.delete(product.id);
    if (!Number.isInteger(wanted) || wanted < 0) {
      this.lineErrors.set(product.id, 'The quantity has to be a whole number.');
      return;
    }
    const quantity = Math.min(wanted, mostOfOneProduct);
    if (quantity < wanted) {
      const most = mostOfOneProduct.toLocaleString('en');
      this.lineErrors.set(
        product.id,
        `An order takes ${most} of a product at most, not ${wanted.toLocaleString('en')}.`,
      );
    }
    if (quantity === 0) this.#lines.delete(product.id);
    else this.#lines.set(product.id, { name: product.name, price: product.price, quantity });
    this.#changed();
  }

  /**
   * Places the order at the prices that the customer saw; null when that failed, with the reasons in `failure` and
   * `lineErrors`. May throw SessionEndedError.
   */
  async place(): Promise<Order | null> {
    if (this.sending) return null;
    const items: OrderCreation['items'] = this.lines.map(({ product: { id, price }, quantity }) => ({
      product_id: id,
      quantity,
      expected_price: this.#lines.get(id)?.price ?? price,
    }));
    this.sending = true;
    this.failure = null;
    this.lineErrors.clear();
    this.#key ??= newKey();
    this.#keep();
    try {
      const body: OrderCreation = { items, note: this.#note.trim() || undefined };
      const placed = await callApi(orderSchema, 'orders/api/orders', { method: 'POST', body, key: this.#key });
      this.#empty();
      return placed;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#isUncertain = error.isUncertain;
      this.#explain(error, items);
      return null;
    } finally {
      this.sending = false;
    }
  }

  #explain(error: ApiError, items: OrderCreation['items']): void {
    const short = membersOf('insufficient_stock', error.problem);
    const repriced = membersOf('price_changed', error.problem);
    if (short) {
      for (const { product_id, available, requested } of short.items) {
        const left = available === 0 ? 'Sold out in the meantime' : `Only ${available} left`;
        this.lineErrors.set(product_id, `${left}; you asked for ${requested}.`);
      }
      this.failure = 'There is not enough of everything. Nothing was ordered.';
    } else if (repriced) {
      for (const { product_id, expected, price } of repriced.items) this.#reprice(product_id, expected, price);
      this.#changed();
      this.failure = 'Prices have changed. Nothing was ordered: look at the new total, and place the order again.';
    } else {
      for (const { path, message } of error.problem?.errors ?? []) {
        const item = items[Number(pathOfLine.exec(path)?.[1] ?? Number.NaN)];
        if (item) this.lineErrors.set(item.product_id, `This line ${message}.`);
      }
      this.failure = error.isUncertain
        ? 'It is not known whether the order was placed. Press again as it is: it is placed once, however often it is sent.'
        : error.message;
    }
  }

  /** From here on, the customer has seen the new price. */
  #reprice(productId: string, expected: number, price: number): void {
    const line = this.#lines.get(productId);
    if (!line) return;
    this.#lines.set(productId, { ...line, price });
    const currency = this.#products().find(({ id }) => id === productId)?.currency ?? 'USD';
    const [now, before] = [formatMoney(price, currency), formatMoney(expected, currency)];
    this.lineErrors.set(productId, `One costs ${now} now; it was ${before}.`);
  }

  /** It is another order from here on. What is not known of the last one, stays to be said. */
  #changed(): void {
    if (!this.#isUncertain) this.failure = null;
    this.#key = null;
    this.#keep();
  }

  #empty(): void {
    this.#lines.clear();
    this.#note = '';
    this.#key = null;
    this.#isUncertain = false;
    keepBasket(this.#userId, null);
  }

  #keep(): void {
    const isEmpty = this.#lines.size === 0 && this.#note === '';
    const basket = { lines: Object.fromEntries(this.#lines), note: this.#note, key: this.#key };
    keepBasket(this.#userId, isEmpty ? null : basket);
  }

  #restore(): void {
    const kept = readBasket(this.#userId);
    this.#lines.clear();
    for (const [id, line] of Object.entries(kept?.lines ?? {})) this.#lines.set(id, line);
    this.#note = kept?.note ?? '';
    this.#key = kept?.key ?? null;
  }
}
