/** Something to wait for that may already have happened: a ring before `wait` is not lost. */
export class Bell {
  #rung = false;
  #waiting: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  reset(): void {
    this.#rung = false;
  }

  wait(ms: number): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting?.(), ms);
      this.#waiting = () => {
        this.#waiting = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
