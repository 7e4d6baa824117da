import type { Log } from './log.ts';

/** A long-running part of a process. `run` ends when `signal` aborts; a rejection stops the whole process. */
export interface Part {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

const stopSeconds = 8;

/** Resolves once somebody asks the process to stop, or its parent (an IPC channel) is gone. */
const stopRequested = (): Promise<string> =>
  new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve(name));
    if (process.connected) process.once('disconnect', () => resolve('disconnect'));
  });

const supervise = async (log: Log, parts: Part[]): Promise<boolean> => {
  const controller = new AbortController();
  let failed = false;
  const running = parts.map(async (part) => {
    try {
      await part.run(controller.signal);
      if (!controller.signal.aborted) throw new Error(`${part.name} ended although nobody asked it to`);
    } catch (error) {
      if (controller.signal.aborted) {
        log.warn({ err: error }, `${part.name} failed while it was stopping`);
      } else {
        failed = true;
        log.fatal({ err: error }, `${part.name} failed, so the process stops`);
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
 * Runs all parts of a process together until it is asked to stop or one of them fails, then `close`s what they shared.
 * Exits with 0 after a wish, 1 after a failure; a stop that takes over 8 s is cut short, so that a supervisor need not.
 */
export const run = async (log: Log, parts: Part[], close: () => Promise<void>): Promise<never> => {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  // Whatever starts before the parts do may still be under way when a stop is asked for.
  let clean = await supervise(log, [...parts, deadline(log)]);
  try {
    await close();
  } catch (error) {
    log.error({ err: error }, 'closing failed');
    clean = false;
  }
  process.exit(clean ? 0 : 1);
};

const deadline = (log: Log): Part => ({
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
