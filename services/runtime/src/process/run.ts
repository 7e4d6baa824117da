import type { Log } from './log.ts';

/**
 * Something that a process does as long as it runs. `run` ends when `signal` aborts; a rejection stops the whole
 * process.
 */
export interface Task {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

const stopSeconds = 8;

/**
 * Resolves once somebody asks the process to stop, or its parent (an IPC channel) is gone. A second SIGTERM changes nothing:
 * a service manager may send it to each process of a gateway, whose primary passes it on to them. A second SIGINT ends it.
 */
const stopRequested = (): Promise<string> =>
  new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'));
    for (const name of ['SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve(name));
    if (process.connected) process.once('disconnect', () => resolve('disconnect'));
  });

const supervise = async (log: Log, tasks: Task[]): Promise<boolean> => {
  const controller = new AbortController();
  let failed = false;
  const running = tasks.map(async (task) => {
    try {
      await task.run(controller.signal);
      if (!controller.signal.aborted) throw new Error(`${task.name} ended although nobody asked it to`);
    } catch (error) {
      if (controller.signal.aborted) {
        log.warn({ err: error }, `${task.name} failed while it was stopping`);
      } else {
        failed = true;
        log.fatal({ err: error }, `${task.name} failed, so the process stops`);
        controller.abort();
      }
    }
  });
  void stopRequested().then((reason) => {
    log.info({ reason }, 'stopping');
    controller.abort();
  });
  await Promise.all(running);
  return !failed;
};

/**
 * Runs all tasks of a process together until it is asked to stop or one of them fails, then `close`s what they shared.
 * Exits with 0 when it was asked to stop, with 1 after a failure. A stop that takes longer than 8 s is cut short with
 * 1, before a supervisor would kill the process.
 */
export const run = async (log: Log, tasks: Task[], close: () => Promise<void>): Promise<never> => {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  let clean = await supervise(log, [...tasks, deadline(log)]);
  try {
    await close();
  } catch (error) {
    log.error({ err: error }, 'closing failed');
    clean = false;
  }
  process.exit(clean ? 0 : 1);
};

const deadline = (log: Log): Task => ({
  name: 'deadline',
  run: (signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        setTimeout(() => {
          log.error(`did not stop within ${stopSeconds} s`);
          process.exit(1);
        }, stopSeconds * 1000).unref();
        resolve();
      });
    }),
});
