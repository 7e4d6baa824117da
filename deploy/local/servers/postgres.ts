import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Daemon } from '../process/daemon.ts';
import { describeExit, runLeashed } from '../process/tied-process.ts';
import { completePartial, partialName, removePartials } from './partial.ts';
import { isAlive } from '../process/is-alive.ts';
import { findPostgresHome, type PostgresHome } from './postgres-home.ts';
import { StartError } from '../process/start-error.ts';

const user = 'postgres';
const password = 'postgres';
const database = 'live_orders';

/** What a connection to the embedded PostgreSQL needs, as one URL. */
export const postgresUrl = (port: number, name = database): string =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;

// Messages in English, whatever the person's language: they end up in our own lines.
const env = { ...process.env, LC_ALL: 'C' };

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
    // The same order of text everywhere, whatever languages the system has installed.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
  const output = (line: string): number => lines.push(line);
  const exit = await runLeashed(join(bin, 'initdb'), args, { cwd: '/', env, account, output, signal });
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

/** Removes a killed run's lock file whose process id belongs to some other program by now: PostgreSQL would give up. */
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
  /** False: as fast as it gets, and worthless after a crash of the machine. */
  durable: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

const serverArguments = (data: string, port: number, durable: boolean): string[] => {
  const settings = {
    listen_addresses: '127.0.0.1',
    // A socket file's path may have 107 characters at most, and nobody needs one.
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
    // Fast shutdown: SIGTERM would wait until every client has gone by itself.
    stopSignal: 'SIGINT',
    prepare: () => removeStaleLock(data),
    answers: async (pid) => {
      const lines = lockLines(data);
      if (Number(lines[0]) !== pid || lines[7]?.trim() !== 'ready') return false;
      await createDatabase(port);
      return true;
    },
    patience: 60_000,
  });
};
