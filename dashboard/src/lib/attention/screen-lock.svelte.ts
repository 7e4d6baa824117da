/** Keeps the screen on while the page is shown. */
export class ScreenLock {
  /** `missing`: the browser cannot; `refused`: it would not, as with an empty battery. */
  state = $state<'off' | 'on' | 'refused' | 'missing'>('off');
  #wanted = false;
  #lock: WakeLockSentinel | null = null;

  want(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted) void this.take();
    else this.#release();
  }

  /** To be called whenever the page is shown: the browser has ended the lock when it was hidden. */
  async take(): Promise<void> {
    if (!this.#wanted || document.visibilityState !== 'visible' || this.#lock?.released === false) return;
    if (!('wakeLock' in navigator)) {
      this.state = 'missing';
      return;
    }
    try {
      const lock = await navigator.wakeLock.request('screen');
      this.#release();
      this.#lock = lock;
      if (this.#wanted) this.state = 'on';
      else this.#release();
    } catch {
      if (this.#wanted) this.state = 'refused';
    }
  }

  #release(): void {
    void this.#lock?.release();
    this.#lock = null;
    this.state = 'off';
  }
}
