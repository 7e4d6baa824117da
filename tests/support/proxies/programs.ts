import { existsSync, globSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { local } from '@live-orders/local/places.ts';
import { StartError } from '@live-orders/local/process/start-error.ts';
import { runTied } from '@live-orders/local/process/tied-process.ts';
import { completePartial, partialName, removePartials } from '@live-orders/local/servers/partial.ts';

export const proxyNames = ['nginx', 'haproxy', 'caddy'] as const;
export type ProxyName = (typeof proxyNames)[number];

/** A program, and what its environment needs besides. */
export interface Program {
  command: string;
  env: Record<string, string>;
}

/** A user's PATH often lacks the folders in which servers are. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];
const installed = (name: ProxyName): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));

const fetched = join(local, 'proxies');
const patience = AbortSignal.timeout.bind(AbortSignal, 100_000);

/** Runs a command; rejects with its last line that tells of an error. */
const run = async (command: string, args: string[]): Promise<void> => {
  const lines: string[] = [];
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const { code } = await runTied(command, args, { env, output: (line) => lines.push(line), signal: patience() });
  if (code === 0) return;
  const reason = lines.findLast((line) => line.startsWith('E:')) ?? lines.at(-1) ?? `exit code ${code}`;
  throw new Error(`${command}: ${reason}`);
};

/**
 * Debian's packages of these names, with those that they need and that are not installed, unpacked and not installed. apt
 * keeps its lists and archives in a folder of ours, so that no root is needed and nothing of the system changes.
 */
const unpack = async (names: ProxyName[], folder: string): Promise<void> => {
  const [state, cache] = [join(folder, 'apt', 'state'), join(folder, 'apt', 'cache')];
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = {
    'Dir::State': state,
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': cache,
    'Debug::NoLocking': '1',
    // As root apt would download as a user who may not write here.
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...options, 'update']);
  await run('apt-get', [...options, '--no-install-recommends', '--download-only', '--yes', 'install', ...names]);
  for (const file of (await readdir(join(cache, 'archives'))).filter((name) => name.endsWith('.deb')))
    await run('dpkg-deb', ['--extract', join(cache, 'archives', file), folder]);
  await rm(join(folder, 'apt'), { recursive: true });
};

const fetchMissing = async (names: ProxyName[], folder: string, say: (line: string) => void): Promise<void> => {
  const list = names.join(', ');
  say(`fetching Debian's packages of ${list}, once, for the tests of deploy/proxy`);
  await mkdir(dirname(folder), { recursive: true });
  await removePartials(folder);
  try {
    await unpack(names, partialName(folder));
  } catch (error) {
    await rm(partialName(folder), { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    const all = names.join(' ');
    throw new StartError(
      `${list}: not installed, and could not be fetched as packages of Debian (${reason}): ` +
        `\`apt install ${all}\` or \`brew install ${all}\` does`,
      { cause: error },
    );
  }
  await completePartial(folder);
  say(`${list}: ready`);
};

/**
 * nginx, HAProxy and Caddy: those that are installed; the others are fetched once, and kept in `.local/`. Rejects with a
 * StartError that says what to install where that fails.
 */
export const findPrograms = async (say: (line: string) => void): Promise<Record<ProxyName, Program>> => {
  const missing = proxyNames.filter((name) => installed(name) === undefined);
  const folder = join(fetched, missing.join('-'));
  if (missing.length > 0 && !existsSync(folder)) await fetchMissing(missing, folder, say);
  const find = (name: ProxyName): Program => {
    const command = installed(name);
    if (command !== undefined) return { command, env: {} };
    const [unpacked] = globSync(`usr/{bin,sbin}/${name}`, { cwd: folder });
    if (unpacked === undefined) throw new StartError(`${folder} is incomplete: delete it and start again`);
    const libraries = globSync('usr/lib/*-linux-*', { cwd: folder }).map((path) => join(folder, path));
    return { command: join(folder, unpacked), env: { LD_LIBRARY_PATH: libraries.join(delimiter) } };
  };
  return { nginx: find('nginx'), haproxy: find('haproxy'), caddy: find('caddy') };
};
