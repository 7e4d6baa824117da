import type { SecurityEvent } from '@live-orders/contracts/audit/security-events.ts';
import { securityEventStream } from '@live-orders/contracts/redis/keyspace.ts';
import type { Redis } from 'ioredis';

/** So many events wait in Redis at most, about, while nobody takes them out; the oldest are dropped. */
const mostInStream = 20_000;

/** Hands events to the users service. Rejects while Redis does not take them; then some of them may be handed over twice. */
export const sendSecurityEvents =
  (redis: Redis, prefix: string) =>
  async (events: SecurityEvent[]): Promise<void> => {
    const key = securityEventStream(prefix);
    const pipeline = redis.pipeline();
    for (const event of events) pipeline.xadd(key, 'MAXLEN', '~', mostInStream, '*', 'event', JSON.stringify(event));
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  };
