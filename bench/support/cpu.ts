import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** The kernel counts in these, whatever its own tick is. */
const ticksPerSecond = 100;

interface Usage {
  pid: string;
  parent: string;
  seconds: number;
}

/** Null for a process that has ended meanwhile. */
const usageOf = (pid: string): Usage | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may have spaces and brackets. See proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Its own time as user and in the kernel, and that of its children that have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: fields[1] ?? '', seconds: ticks / ticksPerSecond };
  } catch {
    return null;
  }
};

/** A part by its folder, a server by its program. */
const nameOf = (pid: string): string => {
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`));
    if (program === 'node') return basename(readlinkSync(`/proc/${pid}/cwd`));
    return /^[a-z]+/.exec(program)?.[0] ?? program;
  } catch {
    return 'ended';
  }
};

/**
 * Seconds of CPU that each part and server has used so far of those that this process has started, all processes of a name
 * together. Reads `/proc`, so on Linux only.
 */
export const cpuOfChildren = (): Map<string, number> => {
  const all = readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? (usageOf(pid) ?? []) : []));
  const byParent = Map.groupBy(all, ({ parent }) => parent);
  const totals = new Map<string, number>();
  const add = (parent: string): void => {
    for (const { pid, seconds } of byParent.get(parent) ?? []) {
      const name = nameOf(pid);
      totals.set(name, (totals.get(name) ?? 0) + seconds);
      add(pid);
    }
  };
  add(String(process.pid));
  return totals;
};
