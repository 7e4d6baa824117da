import { styleText } from 'node:util';
import type { Step } from '../process/step.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const quietSeconds = 10;

/** A duration in words: `1.2 s`, `3 min 5 s`. */
export const duration = (ms: number): string => {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
};

/** A step that is under way. Times are milliseconds since 1970. */
interface Running {
  name: string;
  detail: string;
  since: number;
  /** When it was last written that the step is under way. */
  said: number;
}

/**
 * Shows the progress of a start: a line for each step that has finished, other lines in between, and on a terminal, as
 * the last line, an animated one for the steps that are under way. Where the output is no terminal, a line is written
 * every ten seconds for each step that is still under way.
 */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #running = new Set<Running>();
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #drawn = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  readonly step: Step = async (name, work) => {
    const now = Date.now();
    const running: Running = { name, detail: '', since: now, said: now };
    this.#running.add(running);
    this.#timer ??= setInterval(() => this.#tick(), this.#out.isTTY ? 100 : 1_000);
    try {
      const result = await work((text) => (running.detail = text));
      this.#end(running);
      this.line(`${this.#paint('green', '✓')} ${this.#describe(running)}`);
      return result;
    } catch (error) {
      this.#end(running);
      throw error;
    }
  };

  /** Writes a line above the animated one. */
  line(text: string): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  /** Writes a warning. */
  warn(text: string): void {
    this.line(`${this.#paint('yellow', '!')} ${text}`);
  }

  /** Writes why the start has failed. */
  fail(text: string): void {
    this.line(`${this.#paint('red', '✗')} ${text}`);
  }

  #paint(format: 'green' | 'yellow' | 'red' | 'dim', text: string): string {
    return styleText(format, text, { stream: this.#out });
  }

  #describe({ name, detail, since }: Running): string {
    const label = detail === '' ? name : `${name} (${detail})`;
    return `${label.padEnd(44)} ${this.#paint('dim', duration(Date.now() - since).padStart(8))}`;
  }

  #end(running: Running): void {
    this.#running.delete(running);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    if (this.#out.isTTY) {
      this.#frame += 1;
      this.#erase();
      this.#draw();
      return;
    }
    const now = Date.now();
    for (const running of this.#running) {
      if (now - running.said < quietSeconds * 1000) continue;
      running.said = now;
      this.#out.write(`… ${this.#describe(running)}\n`);
    }
  }

  #erase(): void {
    if (this.#drawn) this.#out.write('\r\u001b[K');
    this.#drawn = false;
  }

  #draw(): void {
    if (!this.#out.isTTY || this.#running.size === 0) return;
    const names = [...this.#running].map(({ name, detail, since }) => {
      const elapsed = duration(Date.now() - since);
      return detail === '' ? `${name} ${elapsed}` : `${name} (${detail}) ${elapsed}`;
    });
    const text = `${frames[this.#frame % frames.length]} ${names.join(' · ')}`;
    // A line that wraps could not be erased with a carriage return.
    this.#out.write(text.slice(0, this.#out.columns - 1));
    this.#drawn = true;
  }
}
