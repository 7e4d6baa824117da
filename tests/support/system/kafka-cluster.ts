import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import {
  createBroker,
  kafkaId,
  loneSettings,
  type KafkaProgram,
  type KafkaSettings,
} from '@live-orders/local/servers/kafka.ts';
import { kafkaFindsGroups } from '@live-orders/local/servers/probes.ts';

/** One way to a broker: several listeners may lead their clients to different addresses of the same broker. */
export interface KafkaListener {
  name: string;
  port: number;
  /** The port that clients of this listener are told to use: the broker's own, or that of a proxy in front of it. */
  advertised: number;
}

interface KafkaNode {
  id: number;
  port: number;
  controllerPort: number;
  /** Beside the first listener, PLAINTEXT, over which brokers talk with each other. */
  listeners: KafkaListener[];
}

/** Every record is kept by up to three brokers, and acknowledged by all of them but one. */
const nodeSettings = ({ id, port, controllerPort, ...node }: KafkaNode, nodes: KafkaNode[]): KafkaSettings => {
  const replicas = Math.min(nodes.length, 3);
  const insync = Math.max(1, replicas - 1);
  const listeners = [{ name: 'PLAINTEXT', port, advertised: port }, ...node.listeners];
  const all = [...listeners, { name: 'CONTROLLER', port: controllerPort }];
  return {
    ...loneSettings(port, controllerPort),
    'node.id': id,
    'controller.quorum.voters': nodes.map((one) => `${one.id}@127.0.0.1:${one.controllerPort}`).join(','),
    listeners: all.map((one) => `${one.name}://127.0.0.1:${one.port}`).join(','),
    'advertised.listeners': listeners.map((one) => `${one.name}://127.0.0.1:${one.advertised}`).join(','),
    'listener.security.protocol.map': all.map(({ name }) => `${name}:PLAINTEXT`).join(','),
    'min.insync.replicas': insync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': insync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': insync,
  };
};

export interface KafkaClusterOptions {
  dataDir: string;
  logDir: string;
  program: KafkaProgram;
  /** One entry for each broker: the listeners that it has beside its own port. */
  listeners: KafkaListener[][];
  /** Settings that all brokers have beside the usual ones. */
  settings?: KafkaSettings;
}

/**
 * Brokers that keep every record three times (or as often as there are brokers), not started yet. Start all of them at
 * once: a broker answers only when enough of the others do.
 */
export const createKafkaCluster = async (options: KafkaClusterOptions): Promise<Daemon[]> => {
  const { dataDir, logDir, program, settings } = options;
  mkdirSync(logDir, { recursive: true });
  const nodes = await Promise.all(
    options.listeners.map(async (listeners, index) => ({
      id: index + 1,
      port: await freePort(),
      controllerPort: await freePort(),
      listeners,
    })),
  );
  const clusterId = kafkaId();
  return nodes.map((node) =>
    createBroker({
      name: `Kafka ${node.id}`,
      port: node.port,
      folder: join(dataDir, `kafka-${node.id}`),
      logFile: join(logDir, `kafka-${node.id}.log`),
      program,
      settings: async () => ({ ...nodeSettings(node, nodes), ...settings }),
      clusterId,
      answers: () => kafkaFindsGroups(node.port),
    }),
  );
};
