import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parts, type PartName } from './parts.ts';
import { root } from '../places.ts';
import { StartError } from '../process/start-error.ts';

export type Env = Record<string, string | undefined>;

const without = (env: Env, isIn: (name: string) => boolean): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !isIn(name)));

/**
 * The environment of a part. What the person has set (`shell`, or the part's own `.env`) wins over `defaults`. A part
 * reads its `.env` by itself and prefers real variables, so that a default which the file overrides is left out here.
 * An empty value counts as not set, as in the parts.
 */
export const mergeEnv = (shell: Env, file: Env, defaults: Env): Env => ({
  ...without(defaults, (name) => Boolean(file[name])),
  ...without(shell, (name) => shell[name] === '' && defaults[name] !== undefined),
});

/** Variables that keep a part from reading those of its `.env`: real ones win there, and an empty one is as good as none. */
export const blankEnv = (file: Env): Env => Object.fromEntries(Object.keys(file).map((name) => [name, '']));

/** The `.env` in a part's folder; empty where there is none. */
export const readPartEnv = (name: PartName): Env => {
  const file = join(root, parts[name].folder, '.env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
};

/**
 * The port that a part listens on: from its `.env`, else its default. A PORT of the shell cannot be meant for all. Throws
 * a StartError for one that is no port.
 */
export const partPort = (name: PartName, file: Env = readPartEnv(name)): number => {
  const port = Number(file.PORT || parts[name].port);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new StartError(
    `${name} cannot start: PORT=${file.PORT ?? ''} in ${parts[name].folder}/.env is no port (1 to 65535)`,
  );
};
