import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { findMaven } from './java.ts';
import { runTied } from '../process/tied-process.ts';
import { completePartial, partialName, removePartials } from './partial.ts';
import { local, logs } from '../places.ts';
import { StartError } from '../process/start-error.ts';

/** What Maven fetches for us, as paths. */
export interface MavenArtifacts {
  /** Kafka's jars and those that it needs, always in the same order. */
  kafkaJars: string[];
  /** The program redis-server. */
  redisServer: string;
}

const pom = join(import.meta.dirname, 'pom.xml');
// The folder is named after the content of the pom, so that what an older pom fetched is not taken for what this one needs.
const folder = join(local, 'servers', createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12));

/** Whether Kafka and Redis still have to be fetched. */
export const artifactsMissing = (): boolean => !existsSync(folder);

const redisPlatform = (): string => {
  const name = `${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`;
  if (!['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64'].includes(name)) {
    throw new StartError(
      `there is no redis-server for ${name} in Maven Central: set REDIS_HOST and REDIS_PORT to yours`,
    );
  }
  return name;
};

/** The bytes that Maven's line `Downloaded from central: https://…/x.jar (9.8 MB at 2.1 MB/s)` tells; null for any other. */
const downloadedBytes = (line: string): number | null => {
  const [, amount, unit] = /Downloaded from .* \(([\d.]+) (B|kB|MB) at /.exec(line) ?? [];
  if (amount === undefined) return null;
  return Number(amount) * (unit === 'MB' ? 1e6 : unit === 'kB' ? 1e3 : 1);
};

/** The cause in Maven's first error line. It is at the line's end, after the names of the artifacts that are missing. */
const mavenReason = (lines: string[]): string => {
  const error = lines.find((line) => line.includes('ERROR')) ?? 'it did not say why';
  const causes = error.replace(/ -> \[Help.*/, '').split(': ');
  return causes.slice(-2).join(': ');
};

const runMaven = async (target: string, progress: (detail: string) => void, signal: AbortSignal): Promise<void> => {
  const lines: string[] = [];
  let files = 0;
  let bytes = 0;
  const output = (line: string): void => {
    lines.push(line);
    const size = downloadedBytes(line);
    if (size === null) return;
    files += 1;
    bytes += size;
    progress(`${files} files, ${(bytes / 1e6).toFixed(1)} MB`);
  };
  const args = ['--batch-mode', '--file', pom, 'generate-resources', `-Dservers=${target}`];
  const exit = await runTied(findMaven(), [...args, `-Dredis.platform=${redisPlatform()}`], { output, signal });
  if (exit.code === 0) return;
  const log = join(logs, 'maven.log');
  await mkdir(logs, { recursive: true });
  await writeFile(log, `${lines.join('\n')}\n`);
  throw new StartError(
    `Maven could not fetch Kafka and Redis (${mavenReason(lines)}): check the network (a proxy goes into Maven's ` +
      `settings.xml), or set KAFKA_BROKERS, REDIS_HOST and REDIS_PORT to servers that you have (more in ${log})`,
  );
};

/**
 * The artifacts of the pom, fetched where they are missing; `progress` is told how much has arrived. Rejects with a
 * StartError where Maven is missing or cannot fetch them.
 */
export const fetchArtifacts = async (
  progress: (detail: string) => void,
  signal: AbortSignal,
): Promise<MavenArtifacts> => {
  if (artifactsMissing()) {
    await mkdir(dirname(folder), { recursive: true });
    await removePartials(folder);
    await runMaven(partialName(folder), progress, signal);
    await completePartial(folder);
  }
  const kafkaJars = (await readdir(join(folder, 'kafka'))).sort().map((name) => join(folder, 'kafka', name));
  const name = (await readdir(join(folder, 'redis'))).find((file) => file.startsWith('redis-server'));
  if (name === undefined) throw new StartError(`${folder} is incomplete: delete it and start again`);
  const redisServer = join(folder, 'redis', name);
  await chmod(redisServer, 0o755);
  return { kafkaJars, redisServer };
};
