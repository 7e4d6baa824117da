import { demoPassword } from '@live-orders/contracts/demo.ts';
import { order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import { session, type Session } from '@live-orders/contracts/rest/users.ts';
import type { User } from '@live-orders/contracts/domain/users.ts';

export interface Answer {
  status: number;
  body: unknown;
}

const finals = 'delivered,cancelled';
const open = 'pending,confirmed,preparing,shipped';
const page = 200;

/** One person at one device: logs in, renews what has expired, and calls the REST API with a patience. */
export class Person {
  readonly email: string;
  readonly #gateway: string;
  #session: Promise<Session> | null = null;

  constructor(gateway: string, email: string) {
    this.#gateway = gateway;
    this.email = email;
  }

  async user(): Promise<User> {
    return (await this.#current()).user;
  }

  async token(): Promise<string> {
    return (await this.#current()).access_token;
  }

  /** Rejects when no answer comes in time. A token that has expired is renewed, or the person logs in again. */
  async call(
    method: string,
    path: string,
    { body, headers = {}, signal }: { body?: unknown; headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<Answer> {
    const used = this.#current(signal);
    const first = await this.#send(method, path, body, { ...headers, authorization: bearer(await used) }, signal);
    if (first.status !== 401) return first;
    if (this.#session === used) this.#session = this.#renewed(await used, signal);
    return this.#send(method, path, body, { ...headers, authorization: bearer(await this.#current(signal)) }, signal);
  }

  /** Forgets the session, as if its cookie had been deleted; the next call logs in. */
  forget(): void {
    this.#session = null;
  }

  /** Ends the session on the server, from this device or another one. */
  async logOut(): Promise<void> {
    const { refresh_token } = await this.#current();
    await this.call('POST', '/users/api/auth/logout', { body: { refresh_token }, signal: AbortSignal.timeout(5_000) });
  }

  /** Every open order, and the newest final ones, as a dashboard reads them. */
  async snapshot(signal: AbortSignal): Promise<Order[]> {
    const orders: Order[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const read = await this.#orders(`status=${open}${cursor ? `&cursor=${cursor}` : ''}`, signal);
      orders.push(...read.data);
      cursor = read.next_cursor;
    }
    return [...orders, ...(await this.#orders(`status=${finals}`, signal)).data];
  }

  async order(id: string, signal: AbortSignal): Promise<Order> {
    return order.parse((await this.#read(`/orders/api/orders/${id}`, signal)).body);
  }

  async #orders(query: string, signal: AbortSignal) {
    return orderPage.parse((await this.#read(`/orders/api/orders?limit=${page}&${query}`, signal)).body);
  }

  async #read(path: string, signal: AbortSignal): Promise<Answer> {
    const answer = await this.call('GET', path, { signal });
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}`);
    return answer;
  }

  #current(signal: AbortSignal = AbortSignal.timeout(5_000)): Promise<Session> {
    this.#session ??= this.#login(signal);
    const used = this.#session;
    // A login that failed is not kept.
    used.catch(() => {
      if (this.#session === used) this.#session = null;
    });
    return used;
  }

  async #renewed({ refresh_token }: Session, signal: AbortSignal): Promise<Session> {
    const answer = await this.#send('POST', '/users/api/auth/refresh', { refresh_token }, {}, signal);
    return answer.status === 200 ? session.parse(answer.body) : this.#login(signal);
  }

  async #login(signal: AbortSignal): Promise<Session> {
    const credentials = { email: this.email, password: demoPassword };
    const answer = await this.#send('POST', '/users/api/auth/login', credentials, {}, signal);
    if (answer.status !== 200) throw new Error(`login of ${this.email} answered ${answer.status}`);
    return session.parse(answer.body);
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const response = await fetch(`${this.#gateway}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }
}

const bearer = ({ access_token }: Session): string => `Bearer ${access_token}`;
