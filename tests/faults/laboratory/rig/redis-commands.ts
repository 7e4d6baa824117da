import { Redis } from 'ioredis';
import type { Laboratory } from './laboratory.ts';

/** Talks to Redis itself, past the wires with faults. */
export const inRedis = async <T>({ redisPort }: Laboratory, work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis({ port: redisPort, host: '127.0.0.1', maxRetriesPerRequest: 1, commandTimeout: 5_000 });
  // A command that fails says why.
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
};
