import { readdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@live-orders/local/process/is-alive.ts';
import { removeData } from '@live-orders/local/servers/postgres-home.ts';
import { unmount } from './small-disk.ts';

/** The names of folders that belong to a process: `live-orders-run-<pid>-…`, and those of laboratories. */
const owned = /^live-orders-(?:run|laboratory)-(\d+)-/;

/** Removes what runs that were killed have left: a mounted file system does not go with its process. */
export const sweep = (place = tmpdir()): void => {
  for (const name of readdirSync(place)) {
    const pid = owned.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(place, name);
    // Another user's is theirs to remove.
    if (statSync(folder).uid !== userInfo().uid) continue;
    sweep(folder);
    unmount(join(folder, 'disk'));
    removeData(join(folder, 'disk'));
    removeData(folder);
  }
};
