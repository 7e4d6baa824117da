import { demoCustomers, demoPassword, demoTeam } from '@live-orders/contracts/demo.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Product } from '@live-orders/contracts/domain/products.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Problem, problem } from '@live-orders/contracts/rest/errors.ts';
import type { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { Session } from '@live-orders/contracts/rest/users.ts';
import { type Answer, type Query, RestClient, type Sending } from '@live-orders/local/client/rest-client.ts';
import type { z } from 'zod';

/** Of the list of orders. */
export type OrderFilters = Query<typeof calls.listOrders>;

/** Of everybody who registers in a test. */
export const testPassword = 'the password of a test';

const demo = new Set<string>([...demoTeam, ...demoCustomers].map((account) => account.email));
const passwordOf = (email: string): string => (demo.has(email) ? demoPassword : testPassword);

/** A caller of the REST API through the gateway, with or without a token; nothing is renewed behind a test's back. */
export class Api extends RestClient {
  readonly session: Session | null;

  constructor(url: string, session: Session | null = null) {
    super(url);
    this.session = session;
  }

  override send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const headers: Record<string, string> = this.session
      ? { authorization: `Bearer ${this.session.access_token}`, ...sending.headers }
      : (sending.headers ?? {});
    return super.send(method, path, { ...sending, headers });
  }

  /** The problem of a request that must fail, with the headers checked. */
  async problem(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Problem> {
    const answer = await this.send(method, path, { body, headers });
    const type = answer.headers.get('content-type');
    if (type !== 'application/problem+json') {
      throw new Error(`${method} ${path}: ${answer.status} as ${type}: ${JSON.stringify(answer.body)}`);
    }
    const parsed = problem.parse(answer.body);
    if (parsed.status !== answer.status) throw new Error(`status ${answer.status}, but the body says ${parsed.status}`);
    return parsed;
  }

  async login(email: string, password = passwordOf(email)): Promise<Api> {
    return new Api(this.url, await this.call(calls.login, { body: { email, password } }));
  }

  /** A new customer, whose address nobody else uses. */
  async register(name = 'Test Customer'): Promise<Api> {
    const body = { email: `${crypto.randomUUID()}@example.com`, password: testPassword, name };
    return new Api(this.url, await this.call(calls.register, { body }));
  }

  async products(): Promise<Product[]> {
    return (await this.call(calls.listProducts, { query: { limit: 200 } })).data;
  }

  placeOrder(items: { product_id: string; quantity: number }[], note?: string): Promise<Order> {
    return this.call(calls.placeOrder, { body: { items, note } });
  }

  move(id: string, status: OrderStatus, reason?: string): Promise<Order> {
    return this.call(calls.moveOrder, { id, body: { status, reason } });
  }

  order(id: string): Promise<Order> {
    return this.call(calls.getOrder, { id });
  }

  /** Every order that the caller sees, page by page. */
  async orders(filters: OrderFilters = {}): Promise<Order[]> {
    const orders: Order[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: OrderFilters = { limit: 200, ...filters, cursor: cursor || undefined };
      const page: z.infer<typeof orderPage> = await this.call(calls.listOrders, { query });
      orders.push(...page.data);
      cursor = page.next_cursor;
    }
    return orders;
  }
}
