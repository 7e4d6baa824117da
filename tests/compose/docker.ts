import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { must } from './checks.ts';

const root = join(import.meta.dirname, '..', '..');

/** Variables that Docker's client and npm need of ours; all others could change what the compose files mean. */
const kept = /^(PATH|HOME|USER|TMPDIR|LANG|XDG_.*|DOCKER_.*|BUILDKIT_.*|BUILDX_.*|SSH_AUTH_SOCK|(HTTPS?|NO)_PROXY)$/i;
const ownEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end, or until the signal. It gets a process group of its own, since Ctrl-C on a terminal reaches
 * a whole group, and a stack that is being taken down must not lose its client.
 */
const execute = async (command: string, args: string[], signal?: AbortSignal): Promise<Outcome> => {
  signal?.throwIfAborted();
  const child = spawn(command, args, { cwd: root, env: ownEnv, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const cancel = (): void => {
    child.kill('SIGTERM');
  };
  signal?.addEventListener('abort', cancel);
  try {
    await once(child, 'close');
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
  signal?.throwIfAborted();
  return { code: child.exitCode, ...output };
};

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-15).join('\n');

/** Why nothing can be tried here, in one line; null when Docker answers. */
export const dockerMissing = async (): Promise<string | null> => {
  const answers = async (args: string[]): Promise<boolean> => {
    const outcome = await execute('docker', args).catch(() => null);
    return outcome?.code === 0;
  };
  if (!(await answers(['--version']))) return 'docker is not installed: get it from docs.docker.com/get-docker';
  if (!(await answers(['compose', 'version']))) return 'docker has no compose plugin: install docker-compose-plugin';
  if (!(await answers(['version']))) return 'the Docker daemon does not answer: start it (Docker Desktop, or dockerd)';
  return null;
};

const container = z.object({
  Name: z.string(),
  Service: z.string(),
  Health: z.string(),
  ExitCode: z.int(),
  Publishers: z.array(z.object({ URL: z.string(), TargetPort: z.int(), PublishedPort: z.int() })).nullable(),
});
export type Container = z.infer<typeof container>;

const port = z.object({ host_ip: z.string().optional(), published: z.string().optional() });
const configuration = z.object({ services: z.record(z.string(), z.object({ ports: z.array(port).optional() })) });

/** One compose file under a project name of its own, with nothing but the given variables. */
export class Stack {
  readonly project: string;
  readonly #file: string;
  readonly #signal: AbortSignal;
  readonly #folder: string;
  readonly #settings: string;

  private constructor(file: string, project: string, folder: string, signal: AbortSignal) {
    this.project = project;
    this.#file = file;
    this.#folder = folder;
    this.#settings = join(folder, 'settings.env');
    this.#signal = signal;
  }

  static async prepare(
    file: string,
    project: string,
    env: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Stack> {
    const stack = new Stack(file, project, await mkdtemp(join(tmpdir(), 'compose-test-')), signal);
    await stack.set(env);
    return stack;
  }

  /** Replaces all variables. */
  async set(env: Record<string, string>): Promise<void> {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(this.#settings, lines.join(''), { mode: 0o600 });
  }

  /** Runs `docker compose`, whatever comes of it. */
  try(args: string[], signal?: AbortSignal): Promise<Outcome> {
    const place = ['--progress', 'plain', '-f', this.#file, '--env-file', this.#settings, '-p', this.project];
    return execute('docker', ['compose', ...place, ...args], signal ?? this.#signal);
  }

  /** Runs `docker compose` and returns what it said; rejects with the end of its complaints when it fails. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    must(code === 0, `docker compose ${args[0] ?? ''} ended with ${code}:\n${lastLines(stderr || stdout)}`);
    return stdout;
  }

  up(...args: string[]): Promise<string> {
    return this.run('up', '--detach', '--wait', '--wait-timeout', '300', ...args);
  }

  /** Where the file publishes each of its services: `[address:]port`, or null. */
  async published(): Promise<Record<string, string | null>> {
    const { services } = configuration.parse(JSON.parse(await this.run('config', '--format', 'json')));
    const place = ({ host_ip, published }: z.infer<typeof port>): string | null =>
      published === undefined ? null : [host_ip, published].filter((one) => one !== undefined).join(':');
    return Object.fromEntries(
      Object.entries(services).map(([name, { ports }]) => [name, ports?.[0] ? place(ports[0]) : null]),
    );
  }

  async containers(): Promise<Container[]> {
    const lines = (await this.run('ps', '--all', '--format', 'json')).split('\n').filter(Boolean);
    return lines.map((line) => container.parse(JSON.parse(line)));
  }

  /** The last lines of each container, for whoever has to find out what failed. */
  async logs(): Promise<string> {
    const { stdout } = await this.try(['logs', '--no-color', '--tail', '12'], new AbortController().signal);
    return stripVTControlCharacters(stdout);
  }

  /** Takes everything down; rejects when something is left. Runs also after an interruption. */
  async remove(): Promise<void> {
    const anyway = new AbortController().signal;
    const down = await this.try(['down', '--volumes', '--remove-orphans', '--rmi', 'local'], anyway);
    must(down.code === 0, lastLines(down.stderr));
    await rm(this.#folder, { recursive: true });
    const label = `label=com.docker.compose.project=${this.project}`;
    for (const kind of ['container', 'volume', 'network']) {
      const list = await execute('docker', [
        kind,
        'ls',
        ...(kind === 'container' ? ['-a'] : []),
        '-q',
        '--filter',
        label,
      ]);
      must(list.stdout === '', `a ${kind} of ${this.project} is left`);
    }
  }
}

/** A port that nobody listens at, so that a running system on the usual ports is not in the way. */
export const freePort = async (): Promise<string> => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  must(typeof address === 'object' && address !== null, 'there is no free port');
  return String(address.port);
};

/** Fixed container names exist once per machine: whoever has them now has to let go first. */
export const nameTaken = async (): Promise<string | null> => {
  const names = [
    'postgres_db',
    'redis_cache',
    'kafka_broker',
    'users_service',
    'event_bridge',
    'api_gateway',
    'frontend_app',
  ];
  const filters = names.flatMap((name) => ['--filter', `name=^/${name}$`]);
  const format = '{{.Names}} {{.Label "com.docker.compose.project"}}';
  const [first] = (await execute('docker', ['ps', '-a', ...filters, '--format', format])).stdout.split('\n');
  if (!first) return null;
  const [name = '', project = ''] = first.split(' ');
  const remedy = project ? `docker compose -p ${project} down` : `docker rm -f ${name}`;
  return `a container named ${name} exists, and there can be only one: ${remedy}`;
};
