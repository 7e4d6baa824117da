import { Redis } from 'ioredis';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { usualSteps, type OrderStatus } from '../../contracts/src/domain/order-status.ts';
import type { Order } from '../../contracts/src/domain/orders.ts';
import { Publisher } from '../../services/bridge/src/publisher.ts';
import { Api } from '../../tests/support/clients/api.ts';
import type { System } from '../../tests/support/system/system.ts';

const path: readonly OrderStatus[] = ['pending', ...usualSteps];
const open = path.slice(0, -1);
/** One event places an order, and four move it until it is delivered: so as many orders are placed as are delivered. */
const eventsOfAnOrder = path.length;
const dueMs = 600_000;

/** Orders of one product, as many of each open status, placed one a second until now. `$1` is how many. */
const fill = `
  WITH product AS (SELECT id, name, price FROM products ORDER BY id LIMIT 1), placed AS (
    INSERT INTO orders (id, number, customer_id, customer_name, status, total_amount, currency, note, version, due_at, created_at, updated_at)
    SELECT uuidv7(-interval '1 s' * ($1 - n)), nextval('orders_number'), gen_random_uuid(), 'Customer ' || n % 500,
      (ARRAY['pending', 'confirmed', 'preparing', 'shipped'])[1 + n % 4], price, 'USD', CASE WHEN n % 10 = 0 THEN 'Please ring twice' END,
      1 + n % 4, now() + interval '1 s' * n, now() - interval '1 s' * ($1 - n), now() - interval '1 s' * ($1 - n)
    FROM generate_series(1, $1::int) n, product RETURNING id, created_at
  )
  INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
  SELECT uuidv7(), placed.id, product.id, product.name, 1, product.price, placed.created_at, placed.created_at FROM placed, product`;

const columns =
  'id, number, customer_id, customer_name, status, total_amount, currency, note, version, due_at, created_at, updated_at';
const write = `
  WITH written AS (
    INSERT INTO orders (${columns}) SELECT ${columns} FROM json_populate_recordset(null::orders, $1)
    ON CONFLICT (id) DO UPDATE
    SET status = excluded.status, version = excluded.version, due_at = excluded.due_at, updated_at = excluded.updated_at
  )
  INSERT INTO order_items (id, order_id, product_id, name, quantity, price, created_at, updated_at)
  SELECT i.id, o.id, i.product_id, i.name, i.quantity, i.price, o.created_at, o.created_at
  FROM json_to_recordset($1) AS o (id uuid, created_at timestamptz, items json),
    json_populate_recordset(null::order_items, o.items) i
  ON CONFLICT DO NOTHING`;

/**
 * A shop whose orders move without anybody's call: each change is written to the database and published on Redis by the
 * bridge's script, past the services and Kafka, which would need both cores for so many.
 */
export class MovingOrders {
  readonly #database: pg.Client;
  readonly #publisher: Publisher;
  /** Without a colon, because the bridge would look for a partition of Kafka, miss its records, and begin a new epoch. */
  readonly #partition = `bench-${crypto.randomUUID()}`;
  #open: Order[] = [];
  #number = 0;
  #offset = 0;

  constructor(database: pg.Client, redis: Redis, prefix: string) {
    this.#database = database;
    this.#publisher = new Publisher(redis, prefix, 20_000);
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** Fills the shop up to `count` open orders, of which there are some already. */
  async fill(count: number, staff: Api): Promise<void> {
    const before = await staff.orders({ status: open.join() });
    // Orders of an earlier shop were numbered past the sequence.
    await this.#database.query(
      "SELECT setval('orders_number', greatest(nextval('orders_number'), max(number))) FROM orders",
    );
    await this.#database.query(fill, [Math.max(0, count - before.length)]);
    await this.#database.query('ANALYZE orders');
    this.#open = await staff.orders({ status: open.join() });
    const numbers = await this.#database.query<{ last: number }>('SELECT max(number) AS last FROM orders');
    this.#number = numbers.rows[0]?.last ?? 0;
  }

  /** Makes `count` changes of orders that are drawn from all open ones, in one go. */
  async change(count: number): Promise<void> {
    await this.#publish(
      Array.from({ length: count }, () => (Math.random() < 1 / eventsOfAnOrder ? this.#place() : this.#move())),
    );
  }

  /** Places one more order and gives its number. */
  async place(): Promise<number> {
    const order = this.#place();
    await this.#publish([order]);
    return order.number;
  }

  async #publish(changed: Order[]): Promise<void> {
    // Of an order that was changed twice, only the latest state can be written by one statement.
    const latest = new Map(changed.map((order) => [order.id, order]));
    await this.#database.query(write, [JSON.stringify([...latest.values()])]);
    const now = new Date().toISOString();
    const publications = changed.map((data) => {
      const from = path[path.indexOf(data.status) - 1] ?? null;
      const event = from === null ? 'order_created' : 'order_status_updated';
      const times = { committed: data.updated_at, produced: now, bridged: now };
      const message = { event, data, previous_status: from, actor: null, times };
      this.#offset += 1;
      const text = JSON.stringify(message).slice(0, -1);
      return { offset: String(this.#offset), channel: 'order_events', text, revocation: null };
    });
    const first = String(this.#offset - changed.length + 1);
    await this.#publisher.publish({ partition: this.#partition, first, last: String(this.#offset) }, publications);
  }

  #place(): Order {
    const like = this.#draw();
    const at = new Date().toISOString();
    this.#number += 1;
    const order: Order = {
      ...like,
      id: uuidv7(),
      number: this.#number,
      status: 'pending',
      version: 1,
      due_at: new Date(Date.now() + dueMs).toISOString(),
      created_at: at,
      updated_at: at,
      items: like.items.map((item) => ({ ...item, id: crypto.randomUUID() })),
    };
    this.#open.push(order);
    return order;
  }

  #move(): Order {
    const index = Math.floor(Math.random() * this.#open.length);
    const order = this.#draw(index);
    const status = path[path.indexOf(order.status) + 1] ?? 'delivered';
    const isLast = status === 'delivered';
    const now = Date.now();
    const moved: Order = {
      ...order,
      status,
      version: order.version + 1,
      due_at: isLast ? null : new Date(now + dueMs).toISOString(),
      updated_at: new Date(now).toISOString(),
    };
    const last = this.#open.at(-1);
    if (!isLast) this.#open[index] = moved;
    else {
      this.#open.pop();
      if (last && index < this.#open.length) this.#open[index] = last;
    }
    return moved;
  }

  #draw(index = Math.floor(Math.random() * this.#open.length)): Order {
    const order = this.#open[index];
    if (!order) throw new Error('the shop has no open order left');
    return order;
  }
}

/** Has a shop with `count` open orders for as long as `work` takes. */
export const withMovingOrders = async <T>(
  system: System,
  count: number,
  work: (shop: MovingOrders) => Promise<T>,
): Promise<T> => {
  const { databaseUrl, redisHost, redisPort, prefix } = system.territory;
  const redis = new Redis(redisPort, redisHost);
  const database = new pg.Client({ connectionString: databaseUrl });
  try {
    await database.connect();
    const shop = new MovingOrders(database, redis, prefix);
    await shop.fill(count, await new Api(system.gatewayUrl).login('staff@example.com'));
    return await work(shop);
  } finally {
    redis.disconnect();
    await database.end();
  }
};
