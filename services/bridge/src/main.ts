import { join } from 'node:path';
import type { BridgeHealth } from '@live-orders/contracts/rest/health.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { connectKafka } from '@live-orders/runtime/kafka/client.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { Bridge, topicsOf } from './bridge.ts';
import { DeadLetters } from './dead-letters.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { LagMeter } from './lag.ts';
import { Publisher } from './publisher.ts';

const config = loadConfig(
  'bridge',
  z.object({
    ...settings.process,
    ...settings.port(3004),
    ...settings.operations,
    ...settings.redis,
    ...settings.kafka,
    /** Messages that the log keeps; a client away for longer resyncs. */
    LOG_LENGTH: z.coerce.number().int().min(100).max(1_000_000).default(20_000),
  }),
  join(import.meta.dirname, '..'),
);

const log = createLog('bridge', config.LOG_LEVEL);
const metrics = createMetrics('bridge');
const redis = connectRedis(config, log);
const publisher = new Publisher(redis, config.REDIS_PREFIX, config.LOG_LENGTH);
const kafka = connectKafka(config, 'bridge', log);
const deadLetters = new DeadLetters(kafka, config.KAFKA_PREFIX, log);
const epochs = new EpochKeeper({ publisher, kafka, topics: topicsOf(config.KAFKA_PREFIX), log });
const lag = new LagMeter(kafka, config, metrics, log);
const bridge = new Bridge({
  kafka,
  settings: config,
  publisher,
  epochs,
  deadLetters,
  log,
  metrics,
});
const health = (): BridgeHealth => ({
  name: 'bridge',
  version: manifest.version,
  dependencies: { redis: redis.status === 'ready' ? 'up' : 'down', consumer: bridge.state },
  lag: lag.value,
});
// A bridge is asked for nothing else, so this port is its only one.
const operations = operationsServer({ host: config.OPS_HOST, port: config.PORT, log, health, metrics });

await run(log, [operations, bridge, lag, epochs], async () => redis.disconnect());
