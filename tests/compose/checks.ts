import { Progress } from '@live-orders/local/start/progress.ts';

/** A step went wrong and has been reported; whoever meets it only cleans up. */
export class StepFailed extends Error {}

/** Runs checks one after the other, shows each with its duration, and counts. */
export class Checks {
  passed = 0;
  failed = 0;
  readonly #progress: Progress;

  constructor(out: NodeJS.WriteStream) {
    this.#progress = new Progress(out);
  }

  line(text: string): void {
    this.#progress.line(text);
  }

  /** Rejects with StepFailed after it has said what is wrong. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await this.#progress.step(name, work);
      this.passed += 1;
      return result;
    } catch (error) {
      this.failed += 1;
      this.#progress.fail(name);
      this.line(indent(error instanceof Error ? error.message : String(error)));
      throw new StepFailed(name, { cause: error });
    }
  }
}

export const indent = (text: string): string => text.trimEnd().replace(/^/gm, '    ');

/** Throws a sentence unless it holds. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Tries until `attempt` succeeds; rejects with its last error once the time is over. */
export const eventually = async <T>(seconds: number, attempt: () => Promise<T>): Promise<T> => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
};
