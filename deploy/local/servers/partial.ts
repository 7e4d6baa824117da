import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../process/is-alive.ts';

/*
 * A folder that takes a while to fill is filled under a name of its own, which ends with our process id, and renamed
 * when it is complete: whoever finds it by its real name finds all of it.
 */

/** The name under which this process fills `folder`. */
export const partialName = (folder: string): string => `${folder}.partial-${process.pid}`;

/** Gives a complete folder its real name, or drops it where another process was faster. */
export const completePartial = async (folder: string): Promise<void> => {
  try {
    await rename(partialName(folder), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    await rm(partialName(folder), { recursive: true });
  }
};

/** Removes what processes that are gone have begun beside `folder`, and what this one has. */
export const removePartials = async (folder: string): Promise<void> => {
  const parent = dirname(folder);
  if (!existsSync(parent)) return;
  const prefix = `${basename(folder)}.partial-`;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length));
    if (pid === process.pid || !isAlive(pid)) await rm(join(parent, name), { recursive: true });
  }
};
