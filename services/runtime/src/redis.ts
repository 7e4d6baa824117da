import { Redis } from 'ioredis';
import type { Log } from './process/log.ts';

export type { Redis } from 'ioredis';

export interface RedisSettings {
  REDIS_HOST: string;
  REDIS_PORT: number;
  REDIS_PASSWORD?: string | undefined;
}

/**
 * A connection that is opened again by itself. While it is down, a command fails after one try; one that gets no answer
 * fails after 3 s, so that no caller hangs. A connection on which nothing arrives for 3 s though an answer is due is
 * taken for dead and replaced, and so is one to a server that has become a replica, because the address may lead to the new
 * primary by now. The beginning of an outage is logged once, and its end.
 */
export const connectRedis = (settings: RedisSettings, log: Log): Redis => {
  const redis = new Redis({
    host: settings.REDIS_HOST,
    port: settings.REDIS_PORT,
    password: settings.REDIS_PASSWORD,
    maxRetriesPerRequest: 1,
    commandTimeout: 3_000,
    socketTimeout: 3_000,
    connectTimeout: 3_000,
    keepAlive: 5_000,
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(1_000, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2),
  });
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ err: error }, 'redis is not reachable, trying again');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info('redis is back');
    down = false;
  });
  return redis;
};
