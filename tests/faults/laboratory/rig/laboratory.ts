import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { createKafkaCluster, type KafkaListener } from '@live-orders/test-support/system/kafka-cluster.ts';
import { partAddresses } from '@live-orders/local/parts/part-env.ts';
import type { PartName, PartPorts } from '@live-orders/local/parts/parts.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { removeData } from '@live-orders/local/servers/postgres-home.ts';
import type { Stack } from '@live-orders/local/servers/stack.ts';
import { startStack } from '@live-orders/test-support/system/stack.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Instance } from './instance.ts';
import { Keeper } from './keeper.ts';
import { SmallDisk } from './small-disk.ts';
import { sweep } from './sweep.ts';

export interface LaboratoryOptions {
  brokers: number;
  say: (line: string) => void;
}

/** Wires by what they join. Kafka has one for each broker, and brokers tell clients to come through it. */
export interface Links {
  postgres: FaultProxy[];
  kafkaOfServices: FaultProxy[];
  kafkaOfBridges: FaultProxy[];
  redisOfBridges: FaultProxy[];
  redisOfGateways: FaultProxy[];
  /** To both ports of users and orders, and to bridges, where there are several in turn; the services get the keys of tokens over it too. */
  services: FaultProxy[];
  /** To the gateways in turn: first that of the writers, then one for each dashboard. */
  clients: FaultProxy[];
}

interface Servers {
  postgres: Daemon;
  redis: Daemon;
  brokers: Daemon[];
}

const replicas: [PartName, number][] = [
  ['users', 1],
  ['orders', 2],
  ['bridge', 2],
  ['gateway', 2],
];
const remembered = 3_000;

/** The whole system on servers of its own, with a faulty wire between all that talk with each other. */
export class Laboratory {
  readonly say: (line: string) => void;
  readonly servers: Servers;
  readonly links: Links;
  readonly instances: Instance[] = [];
  readonly databaseUrl: string;
  readonly redisPort: number;
  /** Redis' append-only file, which a fault deletes. */
  readonly redisFile: string;
  /** Null where file systems cannot be mounted. */
  readonly disk: SmallDisk | null;
  /** What the processes said lately. */
  readonly lines: string[] = [];
  /** Restarts processes that have ended. */
  readonly keeper: Keeper;
  readonly #stacks: Stack[];
  readonly #dataDir: string;

  private constructor(plan: {
    say: (line: string) => void;
    dataDir: string;
    disk: SmallDisk | null;
    stacks: [postgres: Stack, redis: Stack];
    brokers: Daemon[];
    links: Links;
  }) {
    const [postgres, redis] = plan.stacks;
    this.say = plan.say;
    this.disk = plan.disk;
    this.links = plan.links;
    this.servers = { postgres: postgres.postgres, redis: redis.redis, brokers: plan.brokers };
    this.keeper = new Keeper({
      instances: this.instances,
      servers: [this.servers.postgres, this.servers.redis, ...this.servers.brokers],
      onFailure: (line) => this.lines.push(line),
    });
    this.databaseUrl = postgres.databaseUrl;
    this.redisPort = redis.redisPort;
    this.redisFile = join(plan.dataDir, 'redis', 'appendonly.aof');
    this.#stacks = plan.stacks;
    this.#dataDir = plan.dataDir;
  }

  /** Starts everything; resolves when every part answers. */
  static async open({ brokers: count, say }: LaboratoryOptions): Promise<Laboratory> {
    sweep();
    const dataDir = await mkdtemp(join(tmpdir(), `live-orders-laboratory-${process.pid}-`));
    const disk = SmallDisk.mount(join(dataDir, 'disk'));
    const logDir = join(dataDir, 'logs');
    const common = { durable: true, say, logDir };
    const redis = await startStack({ ...common, dataDir }, ['redis']);
    const { kafka, listeners } = await linkBrokers(count);
    const program = await redis.kafkaProgram();
    const brokers = await createKafkaCluster({ dataDir, logDir, program, listeners });
    const [postgres] = await Promise.all([
      startStack({ ...common, dataDir: disk?.folder ?? dataDir }, ['postgres']),
      ...brokers.map((broker) => broker.start()),
    ]);
    const links = { ...kafka, postgres: [], redisOfBridges: [], redisOfGateways: [], services: [], clients: [] };
    const laboratory = new Laboratory({ say, dataDir, disk, stacks: [postgres, redis], brokers, links });
    try {
      await laboratory.#startParts();
    } catch (error) {
      await laboratory.close();
      throw new Error(`the parts did not start; their last lines:\n${laboratory.lines.slice(-80).join('\n')}`, {
        cause: error,
      });
    }
    return laboratory;
  }

  /** All instances of a part. */
  all(part: PartName): Instance[] {
    return this.instances.filter((instance) => instance.part === part);
  }

  /** Brokers as clients outside the faults reach them. */
  get brokerAddresses(): string[] {
    return this.servers.brokers.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** A wire of one client's own to the gateways. */
  async linkClient(name: string): Promise<FaultProxy> {
    const link = await FaultProxy.open(
      `${name} → gateway`,
      this.all('gateway').map(({ port }) => port),
    );
    this.links.clients.push(link);
    return link;
  }

  async close(): Promise<void> {
    await this.keeper.stop();
    await Promise.all(this.instances.map((instance) => instance.stop()));
    await Promise.all(this.servers.brokers.map((broker) => broker.kill()));
    for (const stack of this.#stacks) await stack.stop();
    const wires = Object.values<FaultProxy[]>({ ...this.links }).flat();
    for (const link of wires) await link.close();
    this.disk?.unmount();
    if (this.disk) removeData(this.disk.folder);
    removeData(this.#dataDir);
  }

  async #startParts(): Promise<void> {
    const ports = new Map<string, PartPorts>();
    for (const [part, count] of replicas) {
      for (let index = 1; index <= count; index += 1)
        ports.set(`${part}-${index}`, { port: await freePort(), opsPort: await freePort() });
    }
    const link = async (part: PartName, which: 'port' | 'opsPort'): Promise<FaultProxy> => {
      const behind = [...ports].flatMap(([name, all]) => (name.startsWith(part) ? [all[which]] : []));
      const opened = await FaultProxy.open(`gateways → ${part} (${which})`, behind);
      this.links.services.push(opened);
      return opened;
    };
    const addressesOf = async (part: PartName) =>
      partAddresses(part, { port: (await link(part, 'port')).port, opsPort: (await link(part, 'opsPort')).port });
    const shared = {
      NODE_ENV: 'test',
      BCRYPT_COST: '4',
      SEED: 'demo',
      KAFKA_PARTITIONS: '3',
      KAFKA_REPLICATION: String(Math.min(3, this.servers.brokers.length)),
      REDIS_HOST: '127.0.0.1',
      ...(await addressesOf('users')),
      ...(await addressesOf('orders')),
      ...partAddresses('bridge', { port: (await link('bridge', 'port')).port, opsPort: 0 }),
      MAX_CLIENTS_PER_USER: '5000',
      REQUESTS_PER_MINUTE_PER_USER: '1000000',
    };
    for (const [name, own] of ports) {
      const part = replicas.find(([one]) => name.startsWith(one))?.[0] ?? 'users';
      const env = { ...shared, ...(await this.#wire(part, name)) };
      const onLine = (line: string): void => {
        this.lines.push(`${name}: ${line}`);
        if (this.lines.length > remembered) this.lines.splice(0, remembered / 2);
      };
      this.instances.push(new Instance({ name, part, ...own, env, onLine }));
    }
    await Promise.all(this.instances.map((instance) => instance.start()));
    this.keeper.start();
  }

  /** Wires for one instance, and the variables that lead it there. */
  async #wire(part: PartName, name: string): Promise<Record<string, string>> {
    const { links } = this;
    const open = async (kind: FaultProxy[], to: string, port: number): Promise<string> => {
      const link = await FaultProxy.open(`${name} → ${to}`, [port]);
      kind.push(link);
      return String(link.port);
    };
    const kafka = part === 'bridge' ? links.kafkaOfBridges : links.kafkaOfServices;
    const env: Record<string, string> = { KAFKA_BROKERS: kafka.map(({ port }) => `127.0.0.1:${port}`).join(',') };
    if (part === 'users' || part === 'orders') {
      const url = new URL(this.databaseUrl);
      url.port = await open(links.postgres, 'PostgreSQL', Number(url.port));
      env.DATABASE_URL = url.href;
    }
    if (part === 'users' || part === 'orders') env.REDIS_PORT = String(this.redisPort);
    if (part === 'bridge') env.REDIS_PORT = await open(links.redisOfBridges, 'Redis', this.redisPort);
    if (part === 'gateway') env.REDIS_PORT = await open(links.redisOfGateways, 'Redis', this.redisPort);
    return env;
  }
}

/** Two wires to each broker: one for the services, one for the bridges. */
const linkBrokers = async (count: number) => {
  const kafka: Pick<Links, 'kafkaOfServices' | 'kafkaOfBridges'> = { kafkaOfServices: [], kafkaOfBridges: [] };
  const listeners: KafkaListener[][] = [];
  for (let id = 1; id <= count; id += 1) {
    const [ofServices, ofBridges] = [await freePort(), await freePort()];
    const services = await FaultProxy.open(`services → Kafka ${id}`, [ofServices]);
    const bridges = await FaultProxy.open(`bridges → Kafka ${id}`, [ofBridges]);
    kafka.kafkaOfServices.push(services);
    kafka.kafkaOfBridges.push(bridges);
    listeners.push([
      { name: 'SERVICES', port: ofServices, advertised: services.port },
      { name: 'BRIDGES', port: ofBridges, advertised: bridges.port },
    ]);
  }
  return { kafka, listeners };
};
