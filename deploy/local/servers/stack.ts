import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../process/daemon.ts';
import { createKafka, findKafkaProgram, type KafkaProgram } from './kafka.ts';
import { freePort } from '../process/ports.ts';
import { createPostgres, postgresUrl } from './postgres.ts';
import { silently, type Step } from '../process/step.ts';
import { createRedis } from './redis.ts';
import { fetchServers, serversMissing, type Servers } from './maven.ts';

export type ServerName = 'postgres' | 'redis' | 'kafka';

export interface StackOptions {
  /** A folder for the servers' data, made where it is missing. `removeData` (postgres-home.ts) deletes it. */
  dataDir: string;
  /** Default: a free port. */
  ports?: Partial<Record<ServerName, number>>;
  /** False: PostgreSQL and Redis do not wait for the disk. For data that nobody will miss. */
  durable: boolean;
  /** Default: `logs` in `dataDir`. */
  logDir?: string;
  step?: Step;
  /** Hears of what a person should know. Default: silence. */
  say?: (line: string) => void;
  signal?: AbortSignal;
}

const never = new AbortController().signal;

/** PostgreSQL, Redis and Kafka on this machine; each can be stopped, killed and started again by itself. */
export class Stack {
  readonly #options: StackOptions;
  readonly #ports: Record<ServerName, number>;
  readonly #servers = new Map<ServerName, Daemon>();
  #fetched: Promise<Servers> | undefined;
  #kafkaProgram: KafkaProgram | undefined;

  private constructor(options: StackOptions, ports: Record<ServerName, number>) {
    this.#options = options;
    this.#ports = ports;
  }

  /** A stack of which nothing is started yet. */
  static async prepare(options: StackOptions): Promise<Stack> {
    mkdirSync(options.dataDir, { recursive: true });
    // PostgreSQL may run as another user than we do, and has to pass through.
    chmodSync(options.dataDir, 0o755);
    const { postgres, redis, kafka } = options.ports ?? {};
    return new Stack(options, {
      postgres: postgres || (await freePort()),
      redis: redis || (await freePort()),
      kafka: kafka || (await freePort()),
    });
  }

  get postgres(): Daemon {
    return this.#server('postgres');
  }

  get redis(): Daemon {
    return this.#server('redis');
  }

  get kafka(): Daemon {
    return this.#server('kafka');
  }

  get databaseUrl(): string {
    return postgresUrl(this.#ports.postgres);
  }

  readonly redisHost = '127.0.0.1';

  get redisPort(): number {
    return this.#ports.redis;
  }

  get kafkaBrokers(): string {
    return `127.0.0.1:${this.#ports.kafka}`;
  }

  /** How Kafka is run here; fetches it where it is missing. */
  async kafkaProgram(): Promise<KafkaProgram> {
    const { jars } = await this.#fetch();
    this.#kafkaProgram ??= findKafkaProgram(jars);
    return this.#kafkaProgram;
  }

  /** The servers that were started, in the order in which they stop. */
  get running(): Daemon[] {
    const order: ServerName[] = ['kafka', 'redis', 'postgres'];
    return order.flatMap((name) => this.#servers.get(name) ?? []);
  }

  /** Fetches, creates and starts one server; resolves when it answers, and leaves nothing of it when it rejects. */
  async start(name: ServerName): Promise<void> {
    const { step = silently, signal = never } = this.#options;
    if (name !== 'postgres') await this.#fetch();
    const title = { postgres: 'PostgreSQL', redis: 'Redis', kafka: 'Kafka' }[name];
    await step(title, async (detail) => {
      detail(`port ${this.#ports[name]}`);
      const server = await this.#create(name);
      this.#servers.set(name, server);
      await server.start(signal);
    });
  }

  /** Stops what runs: Kafka, Redis, PostgreSQL, each within `grace` ms. */
  async stop(grace = 8_000): Promise<void> {
    for (const server of this.running) await server.stop(grace);
  }

  #server(name: ServerName): Daemon {
    const server = this.#servers.get(name);
    if (server === undefined) throw new Error(`this stack has no ${name}`);
    return server;
  }

  #fetch(): Promise<Servers> {
    const { step = silently, signal = never } = this.#options;
    this.#fetched ??= serversMissing()
      ? step('Kafka and Redis from Maven Central', (detail) => fetchServers(detail, signal))
      : fetchServers(() => undefined, signal);
    return this.#fetched;
  }

  async #create(name: ServerName): Promise<Daemon> {
    const { dataDir, durable, logDir = join(dataDir, 'logs'), say = () => undefined, signal = never } = this.#options;
    const where = { port: this.#ports[name], dataDir, logFile: join(logDir, `${name}.log`) };
    mkdirSync(logDir, { recursive: true });
    switch (name) {
      case 'postgres':
        return createPostgres({ ...where, durable, say, signal });
      case 'redis':
        return createRedis({ ...where, durable, binary: (await this.#fetch()).redis });
      case 'kafka':
        return createKafka({ ...where, program: await this.kafkaProgram() });
    }
  }
}

/** Starts all three servers (or `only` some) at once; when one fails, the others are stopped and it rejects with the reason. */
export const startStack = async (
  options: StackOptions,
  only: ServerName[] = ['postgres', 'redis', 'kafka'],
): Promise<Stack> => {
  const stack = await Stack.prepare(options);
  const outcomes = await Promise.allSettled(only.map((name) => stack.start(name)));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    await stack.stop();
    throw outcome.reason;
  }
  return stack;
};
