import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findChromium } from '../browser/browser.ts';
import { startStack } from './stack.ts';
import type { Servers } from './system.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** Starts PostgreSQL, Redis and Kafka once for all tests of a run, and unpacks the browser before its workers want it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'live-orders-test-'));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const [stack] = await Promise.all([startStack({ dataDir, durable: false, say }), findChromium()]);
  const { databaseUrl, redisHost, redisPort, kafkaBrokers } = stack;
  project.provide('servers', { databaseUrl, redisHost, redisPort, kafkaBrokers });
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
