import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartError } from '../process/start-error.ts';

const wanted = 17;
const elsewhere = 'or set KAFKA_BROKERS, REDIS_HOST and REDIS_PORT to servers that you have';

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
};

const findProgram = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);

/** The major version in what `java -version` prints (`"17.0.15"`, and `"1.8.0"` for 8), or undefined. */
const majorVersion = (text: string): number | undefined => {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return first === undefined ? undefined : Number(first === '1' ? second : first);
};

/**
 * Finds Java 17 or newer by JAVA_HOME, else on the PATH. `version` is all that `java -version` prints, which tells one
 * Java from another. Throws a StartError where there is none.
 */
export const findJava = (): { program: string; version: string } => {
  const home = process.env.JAVA_HOME;
  const program = home ? join(home, 'bin', 'java') : findProgram('java');
  if (program === undefined) throw new StartError(`Java is missing: install Java ${wanted} or newer, ${elsewhere}`);
  // macOS has a program of this name that only tells how to get Java, and fails.
  const { status, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' });
  const major = status === 0 ? majorVersion(stderr) : undefined;
  if (major === undefined)
    throw new StartError(`${program} does not run: install Java ${wanted} or newer, ${elsewhere}`);
  if (major < wanted) {
    throw new StartError(
      `${program} is Java ${major}: install Java ${wanted} or newer (JAVA_HOME names it), ${elsewhere}`,
    );
  }
  return { program, version: stderr };
};

/** The program `mvn`, from the PATH; throws a StartError where there is none. */
export const findMaven = (): string => {
  const program = findProgram('mvn');
  if (program === undefined) {
    throw new StartError(`Maven is missing, which downloads Kafka and Redis once: install it, ${elsewhere}`);
  }
  return program;
};
