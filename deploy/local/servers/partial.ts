import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../process/is-alive.ts';

/*
 * A folder (or file) that takes a while to fill is filled under a partial name, which ends with the id of the process
 * that fills it, and renamed once it is complete. So whoever finds the real name finds all of the content, even when a
 * run was killed half-way or two runs fill it at once.
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

/** Removes the partial folders beside `folder` that this process has begun, and those of processes that are gone. */
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
