import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sweep } from '../faults/laboratory/rig/sweep.ts';

const variable = 'LIVE_ORDERS_TEST_RUN';
/** Longer than a process without a parent has until it is killed (tied-process.ts). */
const patienceMs = 15_000;

/**
 * From here on everything that this process starts can be told by a variable of its environment, and makes its temporary
 * files in a folder of its own. Gives what looks whether anything of that is left: each process and each file, in words.
 */
export const markRun = (): (() => Promise<string[]>) => {
  sweep();
  const id = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), `live-orders-run-${process.pid}-`));
  // PostgreSQL may run as another user.
  chmodSync(folder, 0o755);
  process.env[variable] = id;
  process.env.TMPDIR = folder;
  return async () => {
    const mark = `${variable}=${id}`;
    const deadline = Date.now() + patienceMs;
    let running = processesWith(mark);
    while (running.length > 0 && Date.now() < deadline) {
      await delay(100);
      running = processesWith(mark);
    }
    const files = readdirSync(folder).map((name) => `a temporary file: ${name}`);
    rmSync(folder, { recursive: true, force: true });
    return [...running, ...files];
  };
};

/** Processes beside this one that have this in their environment; a port is held by one of them, or by none of ours. */
const processesWith = (mark: string): string[] => {
  // Elsewhere than on Linux a process does not tell its environment.
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
        return isOurs ? [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : [];
      } catch {
        // It has just ended, or is another user's.
        return [];
      }
    });
};
