import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../process/daemon.ts';
import { createKafka, findKafkaProgram, type KafkaProgram } from './kafka.ts';
import { freePort } from '../process/ports.ts';
import { createPostgres, postgresUrl } from './postgres.ts';
import { silently, type Step } from '../process/step.ts';
import { createRedis } from './redis.ts';
import { artifactsMissing, fetchArtifacts, type MavenArtifacts } from './maven.ts';

export const serverNames = ['postgres', 'redis', 'kafka'] as const;
export type ServerName = (typeof serverNames)[number];

export const serverTitles: Readonly<Record<ServerName, string>> = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  kafka: 'Kafka',
};

export interface StackOptions {
  /** A folder for the servers' data, made where it is missing. `removeData` (postgres-home.ts) deletes it. */
  dataDir: string;
  /** Default: a free port. */
  ports?: Partial<Record<ServerName, number>>;
  /** Where false, PostgreSQL and Redis do not wait for the disk: faster, for data that may be lost. */
  durable: boolean;
  /** Default: `logs` in `dataDir`. */
  logDir?: string;
  step?: Step;
  /** Called with what a person should know. Default: says nothing. */
  say?: (line: string) => void;
  signal?: AbortSignal;
}

const never = new AbortController().signal;

/** PostgreSQL, Redis and Kafka as processes on this machine, each of which can be stopped and started by itself. */
export class Stack {
  readonly #options: StackOptions;
  readonly #ports: Record<ServerName, number>;
  readonly #servers = new Map<ServerName, Daemon>();
  #fetched: Promise<MavenArtifacts> | undefined;
  #kafkaProgram: KafkaProgram | undefined;

  private constructor(options: StackOptions, ports: Record<ServerName, number>) {
    this.#options = options;
    this.#ports = ports;
  }

  /** Makes the data folder and chooses the ports; starts nothing. */
  static async prepare(options: StackOptions): Promise<Stack> {
    mkdirSync(options.dataDir, { recursive: true });
    // PostgreSQL may run as another user than this process (postgres-home.ts), and has to get through this folder.
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

  /** How to run Kafka here; fetches it where it is missing. */
  async kafkaProgram(): Promise<KafkaProgram> {
    const { kafkaJars } = await this.#fetch();
    this.#kafkaProgram ??= findKafkaProgram(kafkaJars);
    return this.#kafkaProgram;
  }

  /** The servers that were started, in the order in which they are stopped. */
  get running(): Daemon[] {
    const order: ServerName[] = ['kafka', 'redis', 'postgres'];
    return order.flatMap((name) => this.#servers.get(name) ?? []);
  }

  /** Fetches, creates and starts one server; resolves when it answers. Where it rejects, no process is left running. */
  async start(name: ServerName): Promise<void> {
    const { step = silently, signal = never } = this.#options;
    if (name !== 'postgres') await this.#fetch();
    await step(serverTitles[name], async (detail) => {
      detail(`port ${this.#ports[name]}`);
      const server = await this.#create(name);
      this.#servers.set(name, server);
      await server.start(signal);
    });
  }

  /** Stops Kafka, Redis and PostgreSQL, one after the other; each is killed when it has not stopped after `grace` ms. */
  async stop(grace = 8_000): Promise<void> {
    for (const server of this.running) await server.stop(grace);
  }

  #server(name: ServerName): Daemon {
    const server = this.#servers.get(name);
    if (server === undefined) throw new Error(`${serverTitles[name]} was not started in this stack`);
    return server;
  }

  #fetch(): Promise<MavenArtifacts> {
    const { step = silently, signal = never } = this.#options;
    this.#fetched ??= artifactsMissing()
      ? step('Kafka and Redis from Maven Central', (detail) => fetchArtifacts(detail, signal))
      : fetchArtifacts(() => undefined, signal);
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
        return createRedis({ ...where, durable, binary: (await this.#fetch()).redisServer });
      case 'kafka':
        return createKafka({ ...where, program: await this.kafkaProgram() });
    }
  }
}
