import { randomBytes } from 'node:crypto';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { startPart } from '@live-orders/local/parts/part.ts';
import type { Env } from '@live-orders/local/parts/part-env.ts';
import { type PartName, partNames } from '@live-orders/local/parts/parts.ts';
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
  /** What a part has to know of it. */
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
    },
    remove: () => administer(servers.databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
};

/** All parts as processes of their own, on free ports. */
export interface System {
  territory: Territory;
  gatewayUrl: string;
  dashboardUrl: string;
  parts: Map<PartName, Daemon>;
  part(name: PartName): Daemon;
  /** Kills a part without warning and starts it again. */
  restart(name: PartName): Promise<void>;
  /** Starts a part that is not there yet, or that a test has left dead. */
  ensure(name: PartName): Promise<void>;
  /** Lets a part run with other settings, at the same address, while `work` is done. */
  withSettings<T>(name: PartName, settings: Env, work: () => Promise<T>): Promise<T>;
  /** What the parts said so far, newest last; for the report of a failed test. */
  lines: string[];
  stop(): Promise<void>;
}

const urlVariables: Partial<Record<PartName, string>> = {
  users: 'USERS_URL',
  orders: 'ORDERS_URL',
  bridge: 'BRIDGE_URL',
  gateway: 'GATEWAY_URL',
};

/** Starts the named parts in a territory; resolves when each answers its health page. */
export const startSystem = async (
  territory: Territory,
  names: PartName[] = ['users', 'orders', 'bridge', 'gateway'],
  extra: Env = {},
): Promise<System> => {
  const ports = new Map<PartName, number>();
  // Every part has its address from the beginning, for those that have to know it.
  for (const name of partNames) ports.set(name, await freePort());
  const url = (name: PartName): string => `http://127.0.0.1:${ports.get(name)}`;
  const env = {
    ...territory.env,
    ...Object.fromEntries(names.flatMap((name) => (urlVariables[name] ? [[urlVariables[name], url(name)]] : []))),
    PUBLIC_GATEWAY_URL: url('gateway'),
    ALLOWED_ORIGINS: url('dashboard'),
    ...extra,
  };
  const lines: string[] = [];
  const parts = new Map<PartName, Daemon>();
  const part = (name: PartName): Daemon => {
    const found = parts.get(name);
    if (!found) throw new Error(`${name} is not a part of this system`);
    return found;
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...parts.values()].map((daemon) => daemon.stop(8_000)));
  };
  const start = async (name: PartName, settings: Env = {}): Promise<void> => {
    const port = ports.get(name) ?? 0;
    const onLine = (line: string): void => void lines.push(`${name}: ${line}`);
    try {
      parts.set(name, await startPart({ name, port, env: { ...env, ...settings }, onLine }));
    } catch (error) {
      throw new Error(`${name} did not start; the last lines:\n${lines.slice(-20).join('\n')}`, { cause: error });
    }
  };
  try {
    await Promise.all(names.map((name) => start(name)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    territory,
    gatewayUrl: url('gateway'),
    dashboardUrl: url('dashboard'),
    parts,
    part,
    lines,
    stop,
    async restart(name) {
      await part(name).kill();
      await part(name).start();
    },
    async ensure(name) {
      if (parts.get(name)?.pid === undefined) await start(name);
    },
    async withSettings(name, settings, work) {
      await part(name).stop();
      await start(name, settings);
      try {
        return await work();
      } finally {
        await part(name).stop();
        await start(name);
      }
    },
  };
};
