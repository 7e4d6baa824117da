import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parts, type PartName, type PartPorts } from './parts.ts';
import { local, root } from '../places.ts';
import { StartError } from '../process/start-error.ts';

export type Env = Record<string, string | undefined>;

const without = (env: Env, isIn: (name: string) => boolean): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !isIn(name)));

/** What every part gets where nothing else is said. */
export const partDefaults: Env = {
  NODE_ENV: 'development',
  // This machine only, because everybody knows the password of the demo accounts.
  HOST: '127.0.0.1',
  NODE_COMPILE_CACHE: join(local, 'compile-cache'),
};

/**
 * The environment of a part, whose `file` is its own `.env`. What the person has set, in the shell or in the file, wins
 * over `defaults`. The part reads the file by itself and there prefers real variables, so a default that the file
 * overrides must be left out here. An empty value counts as not set, as it does in the parts.
 */
export const mergeEnv = (shell: Env, file: Env, defaults: Env): Env => ({
  ...without(defaults, (name) => Boolean(file[name])),
  ...without(shell, (name) => shell[name] === '' && defaults[name] !== undefined),
});

/** The `.env` in a part's folder; empty where there is none. */
export const readPartEnv = (name: PartName): Env => {
  const file = join(root, parts[name].folder, '.env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
};

/** The environment of a part under `npm start`; `system` tells it where the servers and the other parts are. */
export const partEnv = (name: PartName, system: Env): Env =>
  mergeEnv(process.env, readPartEnv(name), { ...partDefaults, ...system });

/** Whether a part with this environment and this `.env` of its own speaks https. */
export const speaksHttps = (name: PartName, shell: Env, file: Env = readPartEnv(name)): boolean => {
  const { TLS_CERT, TLS_KEY } = { ...file, ...shell };
  return Boolean(parts[name].mayHaveCertificate && TLS_CERT && TLS_KEY);
};

/**
 * Where a part listens: from its `.env`, else its defaults. The ports of the shell are not looked at, because they would be
 * the same for all parts. Throws a StartError where the file has something that is no port.
 */
export const partPorts = (name: PartName, file: Env = readPartEnv(name), shell: Env = process.env): PartPorts => {
  const read = (variable: 'PORT' | 'OPS_PORT', fallback: number): number => {
    const port = Number(file[variable] || fallback);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    throw new StartError(
      `${name} cannot start: ${variable}=${file[variable] ?? ''} in ${parts[name].folder}/.env is no port (1 to 65535)`,
    );
  };
  const { port, operations } = parts[name];
  return {
    port: read('PORT', port),
    opsPort: operations ? read('OPS_PORT', operations.port) : 0,
    https: speaksHttps(name, shell, file),
  };
};

/**
 * The variables that tell the other parts on this machine where a part listens. By https it is `localhost`, which a
 * certificate for this machine has more often than its address.
 */
export const partAddresses = (name: PartName, { port, opsPort, https }: PartPorts): Record<string, string> => {
  const { urlVariable, publicPortVariable, operations } = parts[name];
  const url = https ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  const urls: Record<string, string> = { [urlVariable]: url };
  if (publicPortVariable) urls[publicPortVariable] = String(port);
  if (operations?.urlVariable) urls[operations.urlVariable] = `http://127.0.0.1:${opsPort}`;
  return urls;
};
