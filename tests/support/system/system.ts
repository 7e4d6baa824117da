import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { startPart } from './part.ts';
import { type Env, partAddresses } from '@live-orders/local/parts/part-env.ts';
import { type PartName, type PartPorts, parts } from '@live-orders/local/parts/parts.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import pg from 'pg';

/** Where the servers of a test run are. */
export interface Servers {
  databaseUrl: string;
  redisHost: string;
  redisPort: number;
  kafkaBrokers: string;
}

/** A database, a topic prefix and a Redis prefix that nobody else uses, on servers that all tests share. */
export interface Territory extends Servers {
  prefix: string;
  /** The environment that leads a part there. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

const administer = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** Makes an own territory; `remove` drops its database. */
export const claimTerritory = async (servers: Servers): Promise<Territory> => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(servers.databaseUrl, `CREATE DATABASE ${name}`);
  const url = new URL(servers.databaseUrl);
  url.pathname = `/${name}`;
  const prefix = `${name}.`;
  return {
    ...servers,
    databaseUrl: url.href,
    prefix,
    env: {
      NODE_ENV: 'test',
      LOG_LEVEL: 'info',
      DATABASE_URL: url.href,
      REDIS_HOST: servers.redisHost,
      REDIS_PORT: String(servers.redisPort),
      REDIS_PREFIX: prefix,
      KAFKA_BROKERS: servers.kafkaBrokers,
      KAFKA_PREFIX: prefix,
      KAFKA_PARTITIONS: '3',
      BCRYPT_COST: '4',
      SEED: 'demo',
      // All tests of a file ask as the same few users.
      REQUESTS_PER_MINUTE_PER_USER: '1000000',
    },
    remove: () => administer(servers.databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
};

const freePorts = async (): Promise<PartPorts> => ({ port: await freePort(), opsPort: await freePort() });

/** Parts as processes of their own, on free ports. */
export class System {
  readonly territory: Territory;
  /** Those that were started. */
  readonly parts = new Map<PartName, Daemon>();
  /** What the parts said so far, newest last; for the report of a failed test. */
  readonly lines: string[] = [];
  readonly #ports: Record<PartName, PartPorts>;
  readonly #env: Env;
  /** The variables that tell other processes where the parts are. */
  readonly addresses: Readonly<Record<string, string>>;

  /** `ports` has all parts, also those that are not started yet, for those that have to know their address. */
  constructor(plan: { territory: Territory; ports: Record<PartName, PartPorts>; names: PartName[]; extra: Env }) {
    this.territory = plan.territory;
    this.#ports = plan.ports;
    const addresses = plan.names.flatMap((name) => Object.entries(partAddresses(name, plan.ports[name])));
    this.addresses = Object.fromEntries(addresses);
    this.#env = {
      ...plan.territory.env,
      ...this.addresses,
      ALLOWED_ORIGINS: this.dashboardUrl,
      ...plan.extra,
    };
  }

  get gatewayUrl(): string {
    return this.#url('gateway');
  }

  get dashboardUrl(): string {
    return this.#url('dashboard');
  }

  /** Where a part tells operators its health and figures. */
  operationsUrl(name: PartName): string {
    const { port, opsPort } = this.#ports[name];
    return `http://127.0.0.1:${parts[name].operations ? opsPort : port}`;
  }

  part(name: PartName): Daemon {
    const found = this.parts.get(name);
    if (!found) throw new Error(`${name} is not a part of this system`);
    return found;
  }

  /** Kills a part without warning and starts it again. */
  async restart(name: PartName): Promise<void> {
    await this.part(name).kill();
    await this.part(name).start();
  }

  /** Starts a part that is not there yet, or that a test has left dead. */
  async ensure(name: PartName): Promise<void> {
    if (this.parts.get(name)?.pid === undefined) await this.start(name);
  }

  /** Lets a part run with other settings, at the same address, while `work` is done. */
  async withSettings<T>(name: PartName, settings: Env, work: () => Promise<T>): Promise<T> {
    await this.part(name).stop();
    await this.start(name, settings);
    try {
      return await work();
    } finally {
      await this.part(name).stop();
      await this.start(name);
    }
  }

  /** Runs another of a part beside the one of this system, with other settings, while `work` is done at its address. */
  async beside<T>(name: PartName, settings: Env, work: (url: string, operationsUrl: string) => Promise<T>): Promise<T> {
    const ports = await freePorts();
    const onLine = (line: string): void => void this.lines.push(`other ${name}: ${line}`);
    const part = await startPart({ name, ...ports, env: { ...this.#env, ...settings }, onLine });
    try {
      return await work(`http://127.0.0.1:${ports.port}`, `http://127.0.0.1:${ports.opsPort}`);
    } finally {
      await part.stop();
    }
  }

  /** Resolves when the part answers its health page; rejects with what was said last. */
  async start(name: PartName, settings: Env = {}): Promise<void> {
    const onLine = (line: string): void => void this.lines.push(`${name}: ${line}`);
    try {
      const part = await startPart({ name, ...this.#ports[name], env: { ...this.#env, ...settings }, onLine });
      this.parts.set(name, part);
    } catch (error) {
      throw new Error(`${name} did not start; the last lines:\n${this.lines.slice(-20).join('\n')}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.parts.values()].map((daemon) => daemon.stop(8_000)));
  }

  #url(name: PartName): string {
    return `http://127.0.0.1:${this.#ports[name].port}`;
  }
}

/** Resolves once a gateway follows the stream: until then it refuses sockets with 503. */
export const gatewayReady = async (url: string): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while ((await fetch(`${url}/ready`)).status !== 204) {
    if (Date.now() > deadline) throw new Error(`the gateway at ${url} does not come to follow the stream`);
    await delay(50);
  }
};

/** Starts the named parts in a territory; resolves when each answers its health page and the gateway takes sockets. */
export const startSystem = async (
  territory: Territory,
  names: PartName[] = ['users', 'orders', 'bridge', 'gateway'],
  extra: Env = {},
): Promise<System> => {
  const ports: Record<PartName, PartPorts> = {
    users: await freePorts(),
    orders: await freePorts(),
    bridge: await freePorts(),
    gateway: await freePorts(),
    dashboard: await freePorts(),
  };
  const system = new System({ territory, ports, names, extra });
  try {
    await Promise.all(names.map((name) => system.start(name)));
    // Without a bridge there is no stream to follow.
    if (names.includes('gateway') && names.includes('bridge')) await gatewayReady(system.gatewayUrl);
  } catch (error) {
    await system.stop();
    throw error;
  }
  return system;
};
