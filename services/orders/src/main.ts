import { join } from 'node:path';
import type { OrdersHealth } from '@live-orders/contracts/rest/health.ts';
import { Denials } from '@live-orders/runtime/audit/denials.ts';
import { sendSecurityEvents } from '@live-orders/runtime/audit/stream.ts';
import { createVerifier, remoteKeys } from '@live-orders/runtime/http/auth.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { connectDatabase, databaseState } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import { httpServer } from '@live-orders/runtime/http/server.ts';
import { SessionCheck } from '@live-orders/runtime/http/session-check.ts';
import { connectKafka } from '@live-orders/runtime/kafka/client.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { Relay } from '@live-orders/runtime/outbox/relay.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import { sweeper } from '@live-orders/runtime/process/sweeper.ts';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { createOrdersApp } from './app.ts';
import { rollupTask } from './stats/rollup.ts';
import { Stats } from './stats/stats.ts';
import { sweepKeys } from './database/idempotency.ts';
import { noLimits, usualLimits } from './orders/allowance.ts';
import { defaultTargets, targetsSetting } from './orders/due-times.ts';
import { Orders } from './orders/orders.ts';
import { Team } from './orders/team.ts';
import { defaultUndoSeconds } from './orders/undo.ts';
import { Products } from './products/products.ts';
import { Reconciler } from './reconciliation/reconciler.ts';
import { Views } from './views/views.ts';
import { seedOrders } from './demo/seed.ts';

const config = loadConfig(
  'orders',
  z.object({
    ...settings.process,
    ...settings.port(3001),
    ...settings.operations,
    ...settings.operationsPort(3011),
    ...settings.database,
    ...settings.redis,
    ...settings.kafka,
    ...settings.tokens,
    /** Minutes that an order should stay in a status at most. */
    ORDER_TARGETS: targetsSetting.prefault(defaultTargets),
    /** For so long after a move the team may take it back; administrators may later, with a reason. */
    UNDO_SECONDS: z.coerce.number().int().min(0).max(86_400).default(defaultUndoSeconds),
    /** Minutes between two comparisons of database, Kafka and Redis. */
    RECONCILE_MINUTES: z.coerce.number().positive().max(1_440).default(5),
    /** What a customer may take within an hour: orders, and units of a product; 0 for no limit. */
    CUSTOMER_ORDERS_PER_HOUR: z.coerce.number().int().min(0).optional(),
    CUSTOMER_UNITS_PER_HOUR: z.coerce.number().int().min(0).optional(),
  }),
  join(import.meta.dirname, '..'),
);

const log = createLog('orders', config.LOG_LEVEL);
const metrics = createMetrics('orders');
const database = connectDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'orders');
// A connection for the roll-up alone, with a longer time-out: the first one may have millions of steps to sum up.
const figures = connectDatabase(config.DATABASE_URL, 1, 'orders figures', 600_000);
await migrate(database, 'orders', join(import.meta.dirname, 'migrations'), log);

const outbox = new Outbox(database, 'orders_outbox', log);
const limits = config.NODE_ENV === 'production' ? usualLimits : noLimits;
const context = {
  database,
  outbox,
  targets: config.ORDER_TARGETS,
  undoSeconds: config.UNDO_SECONDS,
  allowance: {
    ordersPerHour: config.CUSTOMER_ORDERS_PER_HOUR ?? limits.ordersPerHour,
    unitsPerHour: config.CUSTOMER_UNITS_PER_HOUR ?? limits.unitsPerHour,
  },
};
if (config.SEED === 'demo') await seedOrders({ ...context, allowance: noLimits }, log);

const kafka = connectKafka(config, 'orders', log);
const relay = new Relay({
  outbox,
  databaseUrl: config.DATABASE_URL,
  kafka,
  settings: config,
  source: '/orders',
  log,
  metrics,
});
const redis = connectRedis(config, log);
const reconciler = new Reconciler({
  context,
  kafka,
  kafkaPrefix: config.KAFKA_PREFIX,
  redis,
  redisPrefix: config.REDIS_PREFIX,
  relay,
  everyMs: config.RECONCILE_MINUTES * 60_000,
  log,
  metrics,
});
const denials = new Denials(log, sendSecurityEvents(redis, config.REDIS_PREFIX));
const sessionCheck = new SessionCheck(config.USERS_URL, log);
const app = createOrdersApp({
  log,
  orders: new Orders(context),
  products: new Products(context),
  stats: new Stats(database),
  team: new Team(config.USERS_URL, log),
  views: new Views(database),
  authority: { verify: createVerifier(remoteKeys(config.USERS_URL)), userNow: sessionCheck.userNow },
  denials,
});
const health = async (): Promise<OrdersHealth> => {
  const [postgres, measured] = await Promise.all([databaseState(database), outbox.measure()]);
  return {
    name: 'orders',
    version: manifest.version,
    dependencies: { postgres, relay: relay.state },
    outbox: measured,
    reconciliation: reconciler.last,
  };
};
await run(
  log,
  [
    httpServer(app, { host: config.HOST, port: config.PORT, log }),
    operationsServer({ host: config.OPS_HOST, port: config.OPS_PORT, log, health, metrics }),
    denials,
    relay,
    reconciler,
    rollupTask(figures, log),
    sweeper('old idempotency keys', () => sweepKeys(database), log),
  ],
  async () => {
    redis.disconnect();
    await Promise.all([database.close(), figures.close()]);
  },
);
