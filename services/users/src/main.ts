import { join } from 'node:path';
import type { ServiceHealth } from '@live-orders/contracts/rest/health.ts';
import { Denials } from '@live-orders/runtime/audit/denials.ts';
import { createVerifier } from '@live-orders/runtime/http/auth.ts';
import { loadConfig, settings } from '@live-orders/runtime/process/config.ts';
import { connectDatabase, databaseState } from '@live-orders/runtime/database/database.ts';
import { migrate } from '@live-orders/runtime/database/migrations.ts';
import { operationsServer } from '@live-orders/runtime/api/operations.ts';
import { httpServer } from '@live-orders/runtime/http/server.ts';
import { connectKafka } from '@live-orders/runtime/kafka/client.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { Relay } from '@live-orders/runtime/outbox/relay.ts';
import { run } from '@live-orders/runtime/process/run.ts';
import { sweeper } from '@live-orders/runtime/process/sweeper.ts';
import { createLocalJWKSet } from 'jose';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { createUsersApp } from './app.ts';
import { AuditIntake } from './audit/intake.ts';
import { AuditTrail } from './audit/trail.ts';
import { createLimits } from './limits/limits.ts';
import { Hasher } from './passwords/hashing.ts';
import { seedUsers } from './seed.ts';
import { Sessions } from './sessions.ts';
import { Signer } from './tokens.ts';
import { Users } from './users.ts';

const config = loadConfig(
  'users',
  z.object({
    ...settings.process,
    ...settings.port(3002),
    ...settings.operations,
    ...settings.operationsPort(3012),
    ...settings.database,
    ...settings.redis,
    ...settings.kafka,
    ...settings.accounts,
    /** For how many days security events are kept. */
    AUDIT_DAYS: z.coerce.number().int().min(1).max(36_500).default(400),
  }),
  join(import.meta.dirname, '..'),
);

const log = createLog('users', config.LOG_LEVEL);
const metrics = createMetrics('users');
const database = connectDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'users');
await migrate(database, 'users', join(import.meta.dirname, 'migrations'), log);

const redis = connectRedis(config, log);
const outbox = new Outbox(database, 'users_outbox', log);
const signer = await Signer.create(config.JWT_SECRET);
const trail = new AuditTrail(database, log, config.AUDIT_DAYS);
const denials = new Denials(log, (events) => trail.insert(events));
const sessions = new Sessions({ database, outbox, signer, trail });
const hasher = new Hasher({ cost: config.BCRYPT_COST, pepper: config.PASSWORD_PEPPER });
const users = new Users({ database, outbox, sessions, hasher, trail });
if (config.SEED === 'demo') await seedUsers(database, outbox, hasher, log);

const relay = new Relay({
  outbox,
  databaseUrl: config.DATABASE_URL,
  kafka: connectKafka(config, 'users', log),
  settings: config,
  source: '/users',
  log,
  metrics,
});
const app = createUsersApp({
  log,
  users,
  sessions,
  signer,
  limits: createLimits({ redis, prefix: config.REDIS_PREFIX }, log),
  verify: createVerifier(createLocalJWKSet(signer.keySet)),
  hasher,
  trail,
  denials,
});
const health = async (): Promise<ServiceHealth> => {
  const [postgres, measured] = await Promise.all([databaseState(database), outbox.measure()]);
  return {
    name: 'users',
    version: manifest.version,
    dependencies: {
      postgres,
      redis: redis.status === 'ready' ? 'up' : 'down',
      relay: relay.state,
    },
    outbox: measured,
  };
};
await run(
  log,
  [
    httpServer(app, { host: config.HOST, port: config.PORT, log }),
    operationsServer({ host: config.OPS_HOST, port: config.OPS_PORT, log, health, metrics }),
    relay,
    denials,
    new AuditIntake(redis, config.REDIS_PREFIX, trail, log),
    sweeper('security events whose time is over', () => trail.sweep(), log),
    sweeper('sessions that are over', () => sessions.sweep(), log),
  ],
  async () => {
    redis.disconnect();
    await database.close();
  },
);
