import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { partDefaults, readPartEnv } from '@live-orders/local/parts/part-env.ts';
import { createPart, type PartOptions } from '@live-orders/local/parts/part.ts';

/**
 * A part for a test, not started yet: `env` wins over the shell, and the part's own `.env` does not count. The part would
 * read its file by itself, but prefers real variables and takes an empty one for none, so each name of the file is set.
 */
export const createTestPart = ({ name, env, ...options }: PartOptions): Daemon => {
  const blank = Object.fromEntries(Object.keys(readPartEnv(name)).map((variable) => [variable, '']));
  return createPart({ ...options, name, env: { ...process.env, ...blank, ...partDefaults, ...env } });
};

/** Creates a part for a test and starts it; resolves when it answers. */
export const startPart = async (options: PartOptions): Promise<Daemon> => {
  const part = createTestPart(options);
  await part.start();
  return part;
};
