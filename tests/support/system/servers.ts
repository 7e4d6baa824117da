import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startStack } from './stack.ts';
import type { Servers } from './system.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** Starts PostgreSQL, Redis and Kafka once for all tests of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'live-orders-test-'));
  const stack = await startStack({ dataDir, durable: false, say: (line) => process.stderr.write(`${line}\n`) });
  const { databaseUrl, redisHost, redisPort, kafkaBrokers } = stack;
  project.provide('servers', { databaseUrl, redisHost, redisPort, kafkaBrokers });
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
