import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** The kernel counts in these, whatever its own tick is. */
const ticksPerSecond = 100;

/** The fields of `/proc/<pid>/stat` after the name, which may have spaces and brackets. See proc_pid_stat(5). */
const statOf = (pid: string): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** Its own time as user and in the kernel, and that of its children that have ended. */
const cpuSeconds = (pid: string): number =>
  statOf(pid)
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0) / ticksPerSecond;

/** What several processes share is counted in part for each. */
const memoryBytes = (pid: string): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1_024;

/** Null where the process has ended meanwhile. */
const unlessEnded = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null;
  }
};

/** A part by its folder, a server by its program. */
const nameOf = (pid: string): string => {
  const program = basename(readlinkSync(`/proc/${pid}/exe`));
  if (program === 'node') return basename(readlinkSync(`/proc/${pid}/cwd`));
  return /^[a-z]+/.exec(program)?.[0] ?? program;
};

/** What `read` gives for the processes that this one has started, those of one part or server together. */
const ofChildren = (read: (pid: string) => number): Map<string, number> => {
  const all = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
  const byParent = Map.groupBy(all, (pid) => unlessEnded(() => statOf(pid)[1]) ?? '');
  const totals = new Map<string, number>();
  const add = (parent: string): void => {
    for (const pid of byParent.get(parent) ?? []) {
      const name = unlessEnded(() => nameOf(pid)) ?? 'ended';
      totals.set(name, (totals.get(name) ?? 0) + (unlessEnded(() => read(pid)) ?? 0));
      add(pid);
    }
  };
  add(String(process.pid));
  return totals;
};

/** Seconds of CPU that each part and server has used so far. Reads `/proc`, so on Linux only. */
export const cpuOfChildren = (): Map<string, number> => ofChildren(cpuSeconds);

/** Bytes of memory that each part and server has. Reads `/proc`, so on Linux only. */
export const memoryOfChildren = (): Map<string, number> => ofChildren(memoryBytes);
