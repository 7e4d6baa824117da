import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { base64Uuid, createKafka, type KafkaListener, type KafkaProgram } from '@live-orders/local/servers/kafka.ts';
import { freePort } from '@live-orders/local/process/ports.ts';

export interface KafkaClusterOptions {
  dataDir: string;
  logDir: string;
  program: KafkaProgram;
  /** One entry for each broker: the listeners that it has beside its own port. */
  listeners: KafkaListener[][];
}

/**
 * Brokers that keep every record three times (or as often as there are brokers), not started yet. Start all at once: a
 * lone one waits for the others.
 */
export const createKafkaCluster = async (options: KafkaClusterOptions): Promise<Daemon[]> => {
  const { dataDir, logDir, program } = options;
  mkdirSync(logDir, { recursive: true });
  const nodes = await Promise.all(
    options.listeners.map(async (listeners, index) => ({
      id: index + 1,
      port: await freePort(),
      controllerPort: await freePort(),
      listeners,
    })),
  );
  const voters = nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
  const clusterId = base64Uuid();
  return nodes.map(({ port, ...node }) =>
    createKafka({
      port,
      dataDir,
      logFile: join(logDir, `kafka-${node.id}.log`),
      program,
      node: { ...node, voters, clusterId, brokers: nodes.length },
    }),
  );
};
