import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { backoff, pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import { numberVariable } from './own-process.ts';
import { type Report, report } from './report.ts';

/** A process that has served for so long is started again without a longer pause than the first. */
const steadyMs = 10_000;
/** After so many starts in a row that did not come to listen, starting it once more will not help. */
const mostFailedStarts = 3;
/** A process that does not answer for so long is told as one that is down. */
const answerMs = 2_000;

/**
 * One of the processes that serve clients, as the primary sees it: it is started again, after growing pauses, whenever it
 * ends. `onCrash` is called for each end that nobody asked for.
 */
export class GatewayProcess implements Task {
  readonly name: string;
  readonly #number: string;
  readonly #log: Log;
  readonly #onCrash: () => void;
  #worker: Worker | null = null;

  constructor(number: string, log: Log, onCrash: () => void) {
    this.name = `process ${number}`;
    this.#number = number;
    this.#log = log;
    this.#onCrash = onCrash;
  }

  /** Rejects when the process keeps ending before it listens. Once `signal` aborts, it waits until the process has drained. */
  async run(signal: AbortSignal): Promise<void> {
    let crashes = 0;
    let failedStarts = 0;
    while (!signal.aborted) {
      const began = performance.now();
      const { listened, ...end } = await this.#runOnce(signal);
      if (signal.aborted) return;
      this.#onCrash();
      failedStarts = listened ? 0 : failedStarts + 1;
      if (failedStarts === mostFailedStarts)
        throw new Error(`it has ended ${failedStarts} times in a row before it listened`);
      crashes = listened && performance.now() - began > steadyMs ? 1 : crashes + 1;
      this.#log.error(end, `${this.name} ended although nobody asked it to; it is started again`);
      await pause(backoff(crashes), signal);
    }
  }

  /** What the process says of itself; null while there is none, and when it does not answer in time. */
  async report(): Promise<Report | null> {
    const worker = this.#worker;
    if (!worker?.isConnected()) return null;
    const limit = AbortSignal.timeout(answerMs);
    const answered: Promise<unknown[]> = once(worker, 'message', { signal: limit });
    worker.send('report', () => undefined);
    try {
      const [message] = await answered;
      return report.parse(message);
    } catch (error) {
      if (limit.aborted) return null;
      throw error;
    }
  }

  async #runOnce(signal: AbortSignal): Promise<{ listened: boolean; code: unknown; killed_by: unknown }> {
    const worker = cluster.fork({ [numberVariable]: this.#number });
    this.#worker = worker;
    this.#log.info({ child_pid: worker.process.pid }, `${this.name} starts`);
    let listened = false;
    worker.once('listening', () => (listened = true));
    // By a signal, and not by `disconnect`: until its clients have left, it still takes requests.
    const stop = (): void => void worker.process.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    const end: unknown[] = await once(worker, 'exit');
    const [code, killed_by] = end;
    signal.removeEventListener('abort', stop);
    this.#worker = null;
    return { listened, code, killed_by };
  }
}
