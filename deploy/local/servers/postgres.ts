import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Daemon } from '../process/daemon.ts';
import { describeExit, runTied } from '../process/tied-process.ts';
import { completePartial, partialName, removePartials } from './partial.ts';
import { isAlive } from '../process/is-alive.ts';
import { findPostgresHome, type PostgresHome } from './postgres-home.ts';
import { StartError } from '../process/start-error.ts';

const user = 'postgres';
const password = 'postgres';
const database = 'live_orders';

/** The URL of a database of the embedded PostgreSQL, with user and password. */
export const postgresUrl = (port: number, name = database): string =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;

// PostgreSQL's messages in English, whatever the system's language, because they appear within our own English lines.
const env = { ...process.env, LC_ALL: 'C' };

/** Makes the data folder by `initdb`. */
const initialise = async ({ bin, data, account }: PostgresHome, log: string, signal: AbortSignal): Promise<void> => {
  await removePartials(data);
  const partial = partialName(data);
  const passwordFile = `${partial}-password`;
  await mkdir(partial, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [partial, passwordFile]) await chown(path, account.uid, account.gid);
  }
  const lines: string[] = [];
  const args = [
    ...['-D', partial, `--username=${user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync'],
    // PostgreSQL's own locale, so that text sorts the same on every machine, whatever locales the system has.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
  const output = (line: string): number => lines.push(line);
  const exit = await runTied(join(bin, 'initdb'), args, { cwd: '/', env, account, output, signal });
  await rm(passwordFile);
  if (exit.code !== 0) {
    await writeFile(log, `${lines.join('\n')}\n`);
    throw new StartError(`PostgreSQL could not create ${data} (${describeExit(exit)}): see ${log}`);
  }
  await completePartial(data);
};

const lockFile = (data: string): string => join(data, 'postmaster.pid');

const lockLines = (data: string): string[] =>
  existsSync(lockFile(data)) ? readFileSync(lockFile(data), 'utf8').split('\n') : [];

const isPostgres = (pid: number): boolean => {
  const name = `/proc/${pid}/comm`;
  return !existsSync(name) || readFileSync(name, 'utf8').trim() === 'postgres';
};

/**
 * Removes a killed run's lock file when the process id in it belongs to some other program by now. PostgreSQL would take
 * that program for a running server, and refuse to start.
 */
const removeStaleLock = async (data: string): Promise<void> => {
  const holder = Number(lockLines(data)[0]);
  if (holder > 0 && isAlive(holder) && !isPostgres(holder)) await rm(lockFile(data));
};

const createDatabase = async (port: number): Promise<void> => {
  const client = new pg.Client({ connectionString: postgresUrl(port, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
};

export interface PostgresOptions {
  port: number;
  /** The stack's data folder; PostgreSQL's own is made inside. */
  dataDir: string;
  logFile: string;
  /** Where false, it does not wait for the disk: faster, but a crash of the machine destroys the data. */
  durable: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

const serverArguments = (data: string, port: number, durable: boolean): string[] => {
  const settings = {
    listen_addresses: '127.0.0.1',
    // No socket file: its path may have 107 characters at most, fewer than a checkout's path can have.
    unix_socket_directories: '',
    max_connections: '200',
    jit: 'off',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  return [
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
};

/** PostgreSQL 18 from npm, not started yet; its data folder is made where it is missing. */
export const createPostgres = async (options: PostgresOptions): Promise<Daemon> => {
  const { port, dataDir, logFile, durable, say, signal } = options;
  const home = await findPostgresHome(dataDir, say);
  const { bin, data, account } = home;
  if (!existsSync(data)) await initialise(home, logFile, signal);
  return new Daemon({
    name: 'PostgreSQL',
    port,
    command: join(bin, 'postgres'),
    args: serverArguments(data, port, durable),
    cwd: '/',
    env,
    account,
    output: logFile,
    // SIGINT is the fast shutdown; SIGTERM would wait until every client has disconnected by itself.
    stopSignal: 'SIGINT',
    prepare: () => removeStaleLock(data),
    answers: async (pid) => {
      // The file's first line is the process id, its eighth the status.
      const lines = lockLines(data);
      if (Number(lines[0]) !== pid || lines[7]?.trim() !== 'ready') return false;
      await createDatabase(port);
      return true;
    },
    patience: 60_000,
  });
};
