import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { productPage } from '@live-orders/contracts/rest/products.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { session } from '@live-orders/contracts/rest/users.ts';
import type { z } from 'zod';
import { eventually, must } from './checks.ts';

/** Somebody who talks to the gateway; `token` once logged in. */
export class Client {
  readonly gateway: string;
  readonly token: string | null;

  constructor(gateway: string, token: string | null = null) {
    this.gateway = gateway;
    this.token = token;
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = new Headers();
    if (this.token) headers.set('authorization', `Bearer ${this.token}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const init = { method, headers, signal: AbortSignal.timeout(20_000) };
    return fetch(`${this.gateway}${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  }

  async ask<T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    const text = await answer.text();
    must(answer.ok, `${method} ${path} answered ${answer.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  }

  async login(email: string, password: string): Promise<Client> {
    const { access_token } = await this.ask(session, 'POST', '/users/api/auth/login', { email, password });
    return new Client(this.gateway, access_token);
  }

  async register(email: string, password: string, name: string): Promise<Client> {
    const body = { email, password, name };
    const { access_token } = await this.ask(session, 'POST', '/users/api/auth/register', body);
    return new Client(this.gateway, access_token);
  }

  /** Orders one piece of the product that there is most of. */
  async placeOrder(base = '/orders'): Promise<Order> {
    const { data } = await this.ask(productPage, 'GET', `${base}/api/products`);
    const [plenty] = data.toSorted((a, b) => b.stock - a.stock);
    must(plenty !== undefined, 'there are no products');
    return this.ask(order, 'POST', `${base}/api/orders`, { items: [{ product_id: plenty.id, quantity: 1 }] });
  }

  moveOrder(id: string, status: OrderStatus): Promise<Order> {
    return this.ask(order, 'PATCH', `/orders/api/orders/${id}/status`, { status });
  }

  readOrder(id: string): Promise<Order> {
    return this.ask(order, 'GET', `/orders/api/orders/${id}`);
  }

  /** Opens the socket with the bearer token; while the stream begins, the gateway still refuses. */
  openSocket(): Promise<Live> {
    return eventually(30, () => Live.open(`${this.gateway.replace(/^http/, 'ws')}/ws`, this.token ?? ''));
  }
}

/** An open socket and all that it has said. */
class Live {
  readonly messages: ServerMessage[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      this.messages.push(...serverFrame.parse(JSON.parse(String(event.data))));
    });
  }

  static async open(url: string, token: string): Promise<Live> {
    const live = new Live(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }));
    await live.see('a welcome', (message) => message.event === 'welcome');
    return live;
  }

  /** Waits until a message fits, and returns all that do. */
  async see(what: string, fits: (message: ServerMessage) => boolean): Promise<ServerMessage[]> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = this.messages.filter(fits);
      if (found.length > 0) return found;
      must(this.#socket.readyState <= WebSocket.OPEN, `the socket closed before ${what} came`);
      must(
        Date.now() < end,
        `${what} did not come within 10 s; the socket said ${JSON.stringify(this.messages.slice(-3))}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for the order's version under the event's name; it must come once. */
  async seeOrder(event: 'new_order' | 'order_status_update', { id, version }: Order): Promise<void> {
    const fits = (message: ServerMessage): boolean =>
      message.event === event && message.data.id === id && message.data.version === version;
    const found = await this.see(`${event} of ${id}`, fits);
    must(found.length === 1, `${event} of ${id} came ${found.length} times`);
  }

  close(): void {
    this.#socket.close();
  }
}
