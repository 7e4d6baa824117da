import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { Laboratory } from '../rig/laboratory.ts';
import { Person } from '../actors/person.ts';
import { Progress } from './progress.ts';
import { type OrderRow, readShop, type ShopRows } from './shop-rows.ts';
import { measureTimeliness, type Timeliness } from './timeliness.ts';
import type { TopicReader } from './topic-reader.ts';
import type { Viewer } from '../actors/viewer.ts';
import { judgeTopic, judgeViewer, judgeWrites, type Violation } from './verdict.ts';
import type { Workload, Write } from '../actors/workload.ts';

export interface Verdict {
  writes: number;
  /** How many versions of orders the dashboards had to apply, summed over all dashboards. */
  deliveries: number;
  /** Records that Kafka holds more than once, with the same id. */
  repeats: number;
  resyncs: number;
  /** From the end of the faults to the moment when all was equal; null when it never was. */
  recoveredMs: number | null;
  timeliness: Timeliness;
  violations: Violation[];
}

/** PostgreSQL's clock may be a little behind the one that is read here. */
const slackMs = 200;

/** Compares what clients wrote with the database, Kafka and every dashboard, and says what does not agree. */
export class Oracle {
  readonly #laboratory: Laboratory;
  readonly #viewers: readonly Viewer[];
  readonly #workload: Workload;
  readonly #reader: TopicReader;
  /** By e-mail address, who reads the orders that a dashboard must show, straight from a gateway and past all faults. */
  readonly #readers = new Map<string, Person>();
  readonly #progress: Progress;
  #since = new Date();
  #snapshots = 0;

  constructor(plan: { laboratory: Laboratory; viewers: readonly Viewer[]; workload: Workload; reader: TopicReader }) {
    this.#laboratory = plan.laboratory;
    this.#viewers = plan.viewers;
    this.#workload = plan.workload;
    this.#reader = plan.reader;
    this.#progress = new Progress(plan);
  }

  /** Begins a round: what happens from now on is judged by the next `judge`. */
  begin(): void {
    this.#since = new Date(Date.now() - slackMs);
    this.#workload.writes.length = 0;
    this.#reader.repeated.length = 0;
    this.#snapshots = this.#countSnapshots();
    for (const viewer of this.#viewers) viewer.forget();
  }

  /**
   * Waits until everything agrees and nothing is on its way any more, `patienceMs` at most, and judges how it came to
   * be. `repeats`: records were written into Kafka again on purpose.
   */
  async judge(options: { healedAt: number; patienceMs: number; repeats: boolean }): Promise<Verdict> {
    const deadline = Date.now() + options.patienceMs;
    let recoveredMs: number | null = null;
    let open: string[];
    do {
      open = await this.#unsettled();
      const askedAt = Date.now();
      // A service may still be busy with coming back; whoever reads meanwhile asks again.
      if (open.length === 0) open = await this.#unequal().catch(unreadable('GET /orders'));
      if (open.length > 0) recoveredMs = null;
      else {
        // From here on nothing is written any more, so that the topic is read once.
        if (recoveredMs === null) await this.#readTopic();
        recoveredMs ??= askedAt - options.healedAt;
        open = await this.#progress.open().catch(unreadable('Kafka or Redis'));
      }
      if (open.length > 0) await delay(100);
    } while (open.length > 0 && Date.now() < deadline);
    const shop = await readShop(this.#laboratory.databaseUrl, this.#since);
    if (recoveredMs === null) await this.#readTopic();
    return this.#verdict(shop, open, recoveredMs, options.repeats);
  }

  /** Ends the connections that it has of its own. */
  close(): Promise<void> {
    return this.#progress.close();
  }

  #readTopic(): Promise<void> {
    return this.#reader.read(this.#since, AbortSignal.timeout(20_000));
  }

  #verdict(shop: ShopRows, open: string[], recoveredMs: number | null, repeatsAllowed: boolean): Verdict {
    const { writes } = this.#workload;
    const violations = judgeWrites(writes, shop, this.#reader);
    for (const row of shop.orders) violations.push(...judgeTopic(row, shop.steps, this.#reader.of(row.id)));
    const { repeated } = this.#reader;
    for (const order of repeatsAllowed ? [] : repeated) {
      const text = `Kafka holds an event of order ${order} twice, although nobody repeated it`;
      violations.push({ kind: 'duplicated', order, text });
    }
    let deliveries = 0;
    for (const viewer of this.#viewers) {
      const seen = judgeViewer(viewer, visible(shop.orders, viewer));
      violations.push(...seen.violations);
      deliveries += seen.deliveries;
    }
    violations.push(...open.map((text): Violation => ({ kind: 'stale', order: null, text })));
    const resyncs = this.#countSnapshots() - this.#snapshots;
    const timeliness = measureTimeliness(writes, this.#viewers, shop.orders);
    return {
      writes: writes.length,
      deliveries,
      repeats: repeated.length,
      resyncs,
      recoveredMs,
      timeliness,
      violations,
    };
  }

  /** Cheap checks that must pass before the costly comparison with `GET /orders`; it is polled every 100 ms. */
  async #unsettled(): Promise<string[]> {
    const open: string[] = [];
    for (const write of this.#workload.writes.filter(isOpenCreation)) await repeat(write);
    const { orders, outbox } = await readShop(this.#laboratory.databaseUrl, this.#since);
    if (outbox.length > 0) open.push(`the outbox holds ${outbox.length} rows`);
    for (const viewer of this.#viewers) {
      if (!viewer.isLive) open.push(`${viewer.name} is not live: ${JSON.stringify(viewer.client.state)}`);
      const behind = visible(orders, viewer).filter(({ id, version }) => viewer.versionOf(id) !== version);
      for (const { id, number, version } of behind.slice(0, 3))
        open.push(`${viewer.name} has order ${number} (${id}) at ${viewer.versionOf(id)}, which is at ${version}`);
    }
    for (const write of this.#workload.writes.filter(isOpenCreation))
      open.push(`write ${write.id} (${write.what}) is still unknown: ${write.status}`);
    return open;
  }

  /** Where a dashboard differs from `GET /orders`. */
  async #unequal(): Promise<string[]> {
    const { orders } = await readShop(this.#laboratory.databaseUrl, this.#since);
    const touched = new Set(orders.map(({ id }) => id));
    const truths = new Map<string, Map<string, Order>>();
    const differences: string[] = [];
    for (const viewer of this.#viewers) {
      const { email } = viewer.person;
      const truth = truths.get(email) ?? (await this.#truth(email));
      truths.set(email, truth);
      const shown = new Map(viewer.shown().map((order) => [order.id, order]));
      const matters = (order: Order): boolean => touched.has(order.id) || order.due_at !== null;
      for (const order of truth.values()) {
        if (matters(order) && !isDeepStrictEqual(shown.get(order.id), order))
          differences.push(`${viewer.name} shows ${tell(shown.get(order.id))} instead of ${tell(order)}`);
      }
      for (const order of shown.values()) {
        if (matters(order) && !truth.has(order.id))
          differences.push(`${viewer.name} shows ${tell(order)}, which is not there`);
      }
    }
    return differences.slice(0, 10);
  }

  async #truth(email: string): Promise<Map<string, Order>> {
    const gateway = this.#laboratory.all('gateway')[0]?.url ?? '';
    const reader = this.#readers.get(email) ?? new Person(gateway, email);
    this.#readers.set(email, reader);
    const orders = await reader.snapshot(AbortSignal.timeout(10_000));
    return new Map(orders.map((order) => [order.id, order]));
  }

  #countSnapshots(): number {
    return this.#viewers.reduce((sum, { snapshots }) => sum + snapshots, 0);
  }
}

const unreadable =
  (what: string) =>
  (error: unknown): string[] => [`${what} cannot be read: ${String(error)}`];

const isOpenCreation = ({ outcome, repeat: again }: Write): boolean => outcome === 'unknown' && again !== null;

const repeat = async ({ repeat: again }: Write): Promise<void> => {
  await again?.();
};

const visible = (orders: OrderRow[], { customerId }: Viewer): OrderRow[] =>
  customerId === null ? orders : orders.filter((order) => order.customer_id === customerId);

const tell = (order: Order | undefined): string =>
  order ? `order ${order.number} (${order.id}) at version ${order.version}, ${order.status}` : 'nothing';
