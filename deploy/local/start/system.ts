import { buildDashboard, dashboardOutdated } from '../parts/dashboard-build.ts';
import type { Daemon } from '../process/daemon.ts';
import { archiveClasses } from '../servers/kafka-archive.ts';
import type { Output } from '../process/tied-process.ts';
import { createPart } from '../parts/part.ts';
import { partAddresses, partEnv, type Env } from '../parts/part-env.ts';
import { partNames, parts, type PartName } from '../parts/parts.ts';
import { logs, startData } from '../places.ts';
import { servers, type Plan } from './plan.ts';
import type { Progress } from './progress.ts';
import { Stack, type ServerName } from '../servers/stack.ts';
import { supervise } from '../process/supervise.ts';

export interface SystemOptions {
  plan: Plan;
  dev: boolean;
  progress: Progress;
  onLine: (name: PartName, line: string, from: Output) => void;
}

/**
 * Seconds after the beginning of a stop at which what still runs is killed: the parts by their turn, and the servers in
 * the order in which the stack stops them. Whoever presses Ctrl-C never waits for longer than 10 s.
 */
const killAfter = { parts: [1.5, 3.5, 5, 6.5], servers: [8.5, 9, 9.7] } as const;

/** All servers and parts of one `npm start`. */
export class System {
  readonly #options: SystemOptions;
  readonly #parts = new Map<PartName, Daemon>();
  #stack: Stack | undefined;
  #archiving: Promise<void> | undefined;

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  /** Whether anything was started, and has to be stopped. */
  get hasStarted(): boolean {
    return this.#daemons().length > 0;
  }

  /**
   * Starts everything, each as soon as the servers that it needs answer. When one fails, or `signal` aborts, it rejects
   * with the reason once nothing is being started any more; `stop` then stops what was started.
   */
  async start(signal: AbortSignal): Promise<void> {
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);
    const { plan, progress } = this.#options;
    this.#stack = await Stack.prepare({
      dataDir: startData,
      logDir: logs,
      durable: true,
      ports: { postgres: servers.postgres.port, redis: servers.redis.port, kafka: servers.kafka.port },
      step: progress.step,
      say: (line) => progress.warn(line),
      signal: either,
    });
    const stack = this.#stack;
    const ready = new Map<ServerName, Promise<void>>(plan.embedded.map((name) => [name, stack.start(name)]));
    const work = [...ready.values(), ...partNames.map((name) => this.#startPart(name, ready, either))];
    for (const one of work) one.catch((error: unknown) => failure.abort(error));
    await Promise.allSettled(work);
    either.throwIfAborted();
  }

  /**
   * Until `signal` aborts, restarts what dies, and makes the archive that speeds up Kafka's next start. Rejects when
   * something cannot be restarted for a reason that trying again does not mend.
   */
  async keep(signal: AbortSignal): Promise<void> {
    const say = (line: string): void => this.#options.progress.warn(line);
    this.#archiving = this.#archive(signal);
    await Promise.all(this.#daemons().map((daemon) => supervise(daemon, say, signal)));
  }

  /** Stops everything in order within 10 s; resolves to the names of what had to be killed. */
  async stop(): Promise<string[]> {
    const began = Date.now();
    const killed: string[] = [];
    const stop = async (daemon: Daemon, seconds = 0): Promise<void> => {
      const stopped = await daemon.stop(began + seconds * 1000 - Date.now());
      if (!stopped) killed.push(daemon.name);
    };
    for (const [turn, seconds] of killAfter.parts.entries()) {
      const together = [...this.#parts].filter(([name]) => parts[name].stopTurn === turn);
      await Promise.all(together.map(([, part]) => stop(part, seconds)));
    }
    for (const [index, server] of (this.#stack?.running ?? []).entries()) {
      await stop(server, killAfter.servers[index]);
    }
    await this.#archiving;
    return killed;
  }

  /** Kills everything at once. */
  async kill(): Promise<void> {
    await Promise.all(this.#daemons().map((daemon) => daemon.kill()));
  }

  #daemons(): Daemon[] {
    return [...this.#parts.values(), ...(this.#stack?.running ?? [])];
  }

  async #startPart(name: PartName, ready: Map<ServerName, Promise<void>>, signal: AbortSignal): Promise<void> {
    const { plan, dev, progress, onLine } = this.#options;
    if (name === 'dashboard' && !dev && dashboardOutdated()) {
      await progress.step('dashboard built', () => buildDashboard(signal));
    }
    await Promise.all(parts[name].needs.flatMap((server) => ready.get(server) ?? []));
    signal.throwIfAborted();
    const part = createPart({
      name,
      ...plan.ports[name],
      env: partEnv(name, this.#addresses()),
      dev,
      onLine: (line, from) => onLine(name, line, from),
    });
    this.#parts.set(name, part);
    await progress.step(name, (detail) => {
      detail(`port ${part.port}`);
      return part.start(signal);
    });
  }

  /** The variables that tell a part where the other parts are, and the servers that were started here. */
  #addresses(): Env {
    const { plan } = this.#options;
    const stack = this.#stack;
    if (stack === undefined) throw new Error('starting a part: the stack must be prepared before');
    const byServer: Record<ServerName, Env> = {
      postgres: { DATABASE_URL: stack.databaseUrl },
      redis: { REDIS_HOST: stack.redisHost, REDIS_PORT: String(stack.redisPort) },
      kafka: { KAFKA_BROKERS: stack.kafkaBrokers },
    };
    return {
      SEED: 'demo',
      // `npm run traffic` moves every order as one and the same user.
      REQUESTS_PER_MINUTE_PER_USER: '60000',
      ...Object.fromEntries(plan.embedded.flatMap((name) => Object.entries(byServer[name]))),
      ...Object.fromEntries(partNames.flatMap((name) => Object.entries(partAddresses(name, plan.ports[name])))),
    };
  }

  async #archive(signal: AbortSignal): Promise<void> {
    const { plan, progress } = this.#options;
    if (this.#stack === undefined || !plan.embedded.includes('kafka')) return;
    try {
      await archiveClasses(await this.#stack.kafkaProgram(), signal);
    } catch (error) {
      // Not worth stopping for: the next start only takes longer.
      if (!signal.aborted) progress.warn(`Kafka will not start faster next time: ${String(error)}`);
    }
  }
}
