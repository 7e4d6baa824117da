import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka, type KafkaProgram } from './kafka.ts';
import { partialName, removePartials } from './partial.ts';
import { freePort } from '../process/ports.ts';

/**
 * Makes the class-data archive with which later starts of Kafka skip most of the loading and checking of classes. To
 * make it, Java has to run a broker and end, which happens here in a folder of its own and at the lowest priority. Does
 * nothing where the archive exists. An abort of `signal` ends it at once and leaves nothing behind; it then rejects.
 */
export const archiveClasses = async (program: KafkaProgram, signal: AbortSignal): Promise<void> => {
  const { archive } = program;
  if (existsSync(archive)) return;
  await removePartials(archive);
  const dataDir = await mkdtemp(join(tmpdir(), 'live-orders-archive-'));
  const broker = createKafka({
    port: await freePort(),
    dataDir,
    logFile: join(dataDir, 'kafka.log'),
    program,
    flags: [`-XX:ArchiveClassesAtExit=${partialName(archive)}`],
    wrapper: ['nice', '-n', '19'],
  });
  const kill = (): void => void broker.kill();
  signal.addEventListener('abort', kill);
  try {
    await broker.start(signal);
    // The archive is written while Java exits, which takes seconds at this priority.
    await broker.stop(120_000);
    signal.throwIfAborted();
    await rename(partialName(archive), archive);
  } finally {
    signal.removeEventListener('abort', kill);
    await broker.kill();
    await removePartials(archive);
    await rm(dataDir, { recursive: true, force: true });
  }
};
