import { demoPassword } from '@live-orders/contracts/demo.ts';
import { type Problem, problem } from '@live-orders/contracts/rest/errors.ts';
import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { productPage } from '@live-orders/contracts/rest/products.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { session, type Session } from '@live-orders/contracts/rest/users.ts';
import type { z } from 'zod';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** A caller of the REST API through the gateway, with or without a token. */
export class Api {
  readonly url: string;
  readonly session: Session | null;

  constructor(url: string, session: Session | null = null) {
    this.url = url;
    this.session = session;
  }

  /** `body` goes out as JSON; a string goes out as it is. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.session ? { authorization: `Bearer ${this.session.access_token}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** The parsed answer of a request that must succeed with `status`. */
  async expect<T extends z.ZodType>(
    status: number,
    schema: T,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.infer<T>> {
    const answer = await this.send(method, path, body);
    if (answer.status !== status) {
      throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
    }
    return schema.parse(answer.body);
  }

  /** The problem of a request that must fail, with the headers checked. */
  async problem(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Problem> {
    const answer = await this.send(method, path, body, headers);
    const type = answer.headers.get('content-type');
    if (type !== 'application/problem+json') {
      throw new Error(`${method} ${path}: ${answer.status} as ${type}: ${JSON.stringify(answer.body)}`);
    }
    const parsed = problem.parse(answer.body);
    if (parsed.status !== answer.status) throw new Error(`status ${answer.status}, but the body says ${parsed.status}`);
    return parsed;
  }

  async login(email: string, password = demoPassword): Promise<Api> {
    const body = { email, password };
    return new Api(this.url, await this.expect(200, session, 'POST', '/users/api/auth/login', body));
  }

  /** A new customer, whose address nobody else uses. */
  async register(name = 'Test Customer'): Promise<Api> {
    const email = `${crypto.randomUUID()}@example.com`;
    const body = { email, password: demoPassword, name };
    return new Api(this.url, await this.expect(201, session, 'POST', '/users/api/auth/register', body));
  }

  async products(): Promise<Product[]> {
    return (await this.expect(200, productPage, 'GET', '/orders/api/products?limit=200')).data;
  }

  placeOrder(items: { product_id: string; quantity: number }[], note?: string): Promise<Order> {
    return this.expect(201, order, 'POST', '/orders/api/orders', { items, note });
  }

  move(id: string, status: OrderStatus, reason?: string): Promise<Order> {
    return this.expect(200, order, 'PATCH', `/orders/api/orders/${id}/status`, { status, reason });
  }

  order(id: string): Promise<Order> {
    return this.expect(200, order, 'GET', `/orders/api/orders/${id}`);
  }

  /** Every order that the caller sees, page by page. */
  async orders(query = ''): Promise<Order[]> {
    const orders: Order[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/orders/api/orders?limit=200${query}${cursor ? `&cursor=${cursor}` : ''}`;
      const page: z.infer<typeof orderPage> = await this.expect(200, orderPage, 'GET', path);
      orders.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor);
    return orders;
  }
}
