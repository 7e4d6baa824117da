import { demoPassword } from '@live-orders/contracts/demo.ts';
import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { productPage } from '@live-orders/contracts/rest/products.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { session } from '@live-orders/contracts/rest/users.ts';

const requestMs = 5_000;

/** A refusal by the shop (a problem answer), as opposed to a shop that cannot be reached. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** One person who uses the REST API through the gateway; logs in when it has to. */
export class ShopClient {
  readonly #gateway: string;
  readonly #email: string;
  /** The login itself, so that many calls at once log in once. */
  #token: Promise<string> | null = null;

  constructor(gateway: string, email: string) {
    this.#gateway = gateway;
    this.#email = email;
  }

  async placeOrder(items: { product_id: string; quantity: number }[], note?: string): Promise<Order> {
    return order.parse(await this.#authorized('POST', '/orders/api/orders', { items, ...(note ? { note } : {}) }));
  }

  async move(id: string, status: OrderStatus, reason?: string): Promise<Order> {
    const path = `/orders/api/orders/${id}/status`;
    return order.parse(await this.#authorized('PATCH', path, { status, ...(reason ? { reason } : {}) }));
  }

  async products(): Promise<Product[]> {
    return productPage.parse(await this.#authorized('GET', '/orders/api/products?limit=200')).data;
  }

  async restock(productId: string, change: number): Promise<void> {
    await this.#authorized('POST', `/orders/api/products/${productId}/stock`, { change });
  }

  async #authorized(method: string, path: string, body?: unknown): Promise<unknown> {
    const used = (this.#token ??= this.#login());
    try {
      return await this.#send(method, path, body, await used);
    } catch (error) {
      // Also a login that failed is not kept.
      if (this.#token === used) this.#token = null;
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      return this.#send(method, path, body, await (this.#token ??= this.#login()));
    }
  }

  async #login(): Promise<string> {
    const credentials = { email: this.#email, password: demoPassword };
    return session.parse(await this.#send('POST', '/users/api/auth/login', credentials)).access_token;
  }

  async #send(method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
    const response = await fetch(`${this.#gateway}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(requestMs),
    });
    if (response.ok) return response.json();
    throw new Refusal(response.status, `${method} ${path} answered ${response.status}: ${await response.text()}`);
  }
}
