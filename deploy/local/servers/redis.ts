import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Daemon } from '../process/daemon.ts';
import { redisAnswers } from './probes.ts';

export interface RedisOptions {
  port: number;
  dataDir: string;
  logFile: string;
  /** Whether Redis writes to the disk each second, or leaves that to the system. */
  durable: boolean;
  /** The program redis-server. */
  binary: string;
}

/** A Redis server that keeps an append-only file, not started yet. */
export const createRedis = async ({ port, dataDir, logFile, durable, binary }: RedisOptions): Promise<Daemon> => {
  const cwd = join(dataDir, 'redis');
  await mkdir(cwd, { recursive: true });
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'yes',
    appendfsync: durable ? 'everysec' : 'no',
  };
  return new Daemon({
    name: 'Redis',
    port,
    command: binary,
    // Redis splits the value of an argument at spaces, so the data folder is not named but made the current one.
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
    cwd,
    output: logFile,
    answers: () => redisAnswers(port),
    patience: 60_000,
  });
};
