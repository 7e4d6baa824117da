import { join } from 'node:path';
import { type Order, order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderCreation } from '@live-orders/contracts/rest/orders.ts';
import { product, type Product } from '@live-orders/contracts/domain/products.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import type { Identity } from '@live-orders/runtime/http/auth.ts';
import { connectDatabase, type Sequelize } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { createOrdersApp } from '../app.ts';
import { type Allowance, noLimits } from '../orders/allowance.ts';
import { Orders } from '../orders/orders.ts';
import { Team } from '../orders/team.ts';
import { Products } from '../products/products.ts';
import { Stats } from '../stats/stats.ts';
import { Views } from '../views/views.ts';
import { usualRules } from './usual-rules.ts';

export interface Answer {
  status: number;
  replayed: boolean;
  /** Seconds; 0 where nothing is said. */
  retryAfter: number;
  body: unknown;
}

/**
 * The orders service of a test, in this process and without a relay, so that every event stays in the outbox. Callers
 * go through the whole app, as requests do, only without a socket.
 */
export class TestOrdersService {
  readonly database: Sequelize;
  readonly #app: ReturnType<typeof createOrdersApp>;
  readonly #callers = new Map<string, Identity>();

  private constructor(database: Sequelize, allowance: Allowance) {
    const log = createLog('test', 'silent');
    const outbox = new Outbox(database, 'orders_outbox', log);
    this.database = database;
    this.#app = createOrdersApp({
      log,
      orders: new Orders({
        ...{ database, outbox, ...usualRules, allowance, undoSeconds: 3_600 },
      }),
      products: new Products({ database, outbox }),
      stats: new Stats(database),
      // Nobody listens there: members of the team can assign orders to themselves only.
      team: new Team('http://127.0.0.1:9', log),
      views: new Views(database),
      denials: { record: () => undefined },
      authority: { verify: (token) => Promise.resolve(this.#identity(token)) },
    });
  }

  static async open(databaseUrl: string, name: string, pool = 10, allowance = noLimits): Promise<TestOrdersService> {
    const database = connectDatabase(databaseUrl, pool, name);
    await migrate(database, 'orders', join(import.meta.dirname, '../migrations'), createLog('test', 'silent'));
    return new TestOrdersService(database, allowance);
  }

  /** Somebody who may call; gives the id by which `send` knows them. */
  admit(role: Role): string {
    const id = crypto.randomUUID();
    const session = { session_id: id, expires_at: Number.MAX_SAFE_INTEGER, created_at: new Date().toISOString() };
    this.#callers.set(id, { id, email: `${id}@example.com`, name: `${role} ${id.slice(0, 4)}`, role, ...session });
    return id;
  }

  async send(
    caller: string,
    method: string,
    path: string,
    sent?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await this.#app.request(`/api${path}`, {
      method,
      headers: { authorization: `Bearer ${caller}`, 'content-type': 'application/json', ...headers },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    });
    const body: unknown = answer.status === 204 ? null : await answer.json();
    return {
      status: answer.status,
      replayed: answer.headers.get('idempotent-replayed') === 'true',
      retryAfter: Number(answer.headers.get('retry-after') ?? 0),
      body,
    };
  }

  /** A product that administrator `by` puts on sale. */
  async stockProduct(by: string, stock: number, price = 100): Promise<Product> {
    const name = `Product ${crypto.randomUUID()}`;
    return product.parse((await this.send(by, 'POST', '/products', { name, price, stock })).body);
  }

  /** An order that must succeed. */
  async place(by: string, items: OrderCreation['items']): Promise<Order> {
    return order.parse((await this.send(by, 'POST', '/orders', { items })).body);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  #identity(token: string): Identity {
    const found = this.#callers.get(token);
    if (!found) throw new ProblemError('unauthenticated', 'Nobody admitted this caller.');
    return found;
  }
}
