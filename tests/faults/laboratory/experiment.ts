import { setTimeout as delay } from 'node:timers/promises';
import { demoCustomers, seededRandom } from '@live-orders/contracts/demo.ts';
import { type Fault, type Heal, type Scene, until } from './faults/fault.ts';
import { Laboratory } from './rig/laboratory.ts';
import { Oracle, type Verdict } from './verdict/oracle.ts';
import { Person } from './actors/person.ts';
import { TopicReader } from './verdict/topic-reader.ts';
import { traceOrder } from './verdict/trail.ts';
import { Viewer } from './actors/viewer.ts';
import { Workload } from './actors/workload.ts';

export interface ExperimentOptions {
  seed: number;
  /** How many Kafka brokers there are. */
  brokers?: number;
  /** How long everything may take to agree after the faults, in ms. */
  patienceMs?: number;
  say: (line: string) => void;
}

export interface Round {
  faults: readonly Fault[];
  verdict: Verdict;
  /** What is known of the orders that something is wrong with; empty when nothing is. */
  trail: string[];
  /** How long it took. */
  seconds: number;
}

const writesPerSecond = 7;
/** How long a round without any fault is. */
const calmMs = 3_000;
const tracedOrders = 3;
const blockedName = 'a staff dashboard without WebSockets';
const watchers = [
  ['a staff dashboard', 'staff@example.com'],
  [blockedName, 'staff@example.com'],
  ['an admin’s dashboard', 'admin@example.com'],
  ['another staff dashboard', 'staff@example.com'],
  ['Carla’s page', demoCustomers[0]?.email ?? ''],
  ['Noor’s page', demoCustomers[1]?.email ?? ''],
] as const;

/** A running system, people who use it, and rounds of faults. */
export class Experiment {
  readonly laboratory: Laboratory;
  readonly #options: ExperimentOptions;
  readonly #viewers: Viewer[];
  readonly #workload: Workload;
  readonly #reader: TopicReader;
  readonly #oracle: Oracle;
  #isSpoiled = false;

  private constructor(plan: {
    options: ExperimentOptions;
    laboratory: Laboratory;
    viewers: Viewer[];
    workload: Workload;
    reader: TopicReader;
  }) {
    this.#options = plan.options;
    this.laboratory = plan.laboratory;
    this.#viewers = plan.viewers;
    this.#workload = plan.workload;
    this.#reader = plan.reader;
    this.#oracle = new Oracle(plan);
  }

  static async open(options: ExperimentOptions): Promise<Experiment> {
    const { say, seed, brokers = 3 } = options;
    const laboratory = await Laboratory.open({ say, brokers });
    try {
      const gateway = `http://127.0.0.1:${(await laboratory.linkClient('writers')).port}`;
      const workload = new Workload({
        customers: demoCustomers.slice(0, 2).map(({ email }) => new Person(gateway, email)),
        staff: new Person(gateway, 'staff@example.com'),
        random: seededRandom(seed),
      });
      await workload.stockUp(new Person(gateway, 'admin@example.com'));
      const viewers: Viewer[] = [];
      for (const [name, email] of watchers) {
        const link = await laboratory.linkClient(name);
        viewers.push(new Viewer({ name, email, link, blocked: name === blockedName }));
      }
      await Promise.all(viewers.map((viewer) => viewer.settle()));
      const reader = new TopicReader(laboratory.brokerAddresses);
      return new Experiment({ options, laboratory, viewers, workload, reader });
    } catch (error) {
      await laboratory.close();
      throw error;
    }
  }

  /** Writes flow, the faults come and go, and everything has to agree again. `number` decides all that is random. */
  async round(number: number, faults: readonly Fault[]): Promise<Round> {
    const random = seededRandom(this.#options.seed * 100_003 + number);
    const began = performance.now();
    if (this.#isSpoiled) await this.#beginAnew();
    this.#oracle.begin();
    const closing = new AbortController();
    const writing = this.#workload.run(writesPerSecond, closing.signal);
    const scene = { laboratory: this.laboratory, viewers: this.#viewers, reader: this.#reader, random };
    await until('writes flow', async () => this.#workload.acknowledged >= 3);
    // Each fault has its own random numbers, so that it does the same alone and combined.
    if (faults.length === 0) await delay(calmMs);
    await Promise.all(
      faults.map((fault) => endure(fault, { ...scene, random: seededRandom(Math.floor(random() * 2 ** 31)) })),
    );
    const healedAt = Date.now();
    // In half of the rounds no write follows the faults: a later version would show that an earlier one was lost.
    if (random() < 0.5) await delay(800);
    closing.abort();
    await writing;
    const repeats = faults.some((fault) => fault.repeats);
    const verdict = await this.#oracle.judge({ healedAt, patienceMs: this.#options.patienceMs ?? 45_000, repeats });
    const trail = verdict.violations.length === 0 ? [] : await this.#trace(verdict);
    this.#isSpoiled = verdict.violations.length > 0;
    return { faults, verdict, trail, seconds: (performance.now() - began) / 1000 };
  }

  async close(): Promise<void> {
    for (const viewer of this.#viewers) viewer.stop();
    await this.#oracle.close();
    await this.laboratory.close();
  }

  async #trace({ violations }: Verdict): Promise<string[]> {
    const named = violations.flatMap(({ order, text }) => order ?? /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(text)?.[0] ?? []);
    const parts = { writes: this.#workload.writes, viewers: this.#viewers, reader: this.#reader };
    const trails: string[] = [];
    for (const id of [...new Set(named)].slice(0, tracedOrders))
      trails.push(...(await traceOrder(id, this.laboratory, parts)));
    return [...trails, ...this.laboratory.lines.filter((line) => /"level":[4-6]0/.test(line)).slice(-25)];
  }

  /** Restarts all processes and reloads all dashboards, so that a failed round does not affect the next. */
  async #beginAnew(): Promise<void> {
    await Promise.all(this.laboratory.instances.map((instance) => instance.kill()));
    await Promise.all(this.laboratory.instances.map((instance) => instance.running()));
    this.#workload.open.clear();
    for (const viewer of this.#viewers) viewer.reload();
    await Promise.all(this.#viewers.map((viewer) => viewer.settle()));
  }
}

const endure = async (fault: Fault, scene: Scene): Promise<void> => {
  await delay(scene.random() * 800);
  const heal: Heal = await fault.begin(scene);
  await delay(1_200 + scene.random() * 2_000);
  await heal();
};
