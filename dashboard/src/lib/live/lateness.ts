/**
 * How late the messages of one connection come, by what they say of the server's time. Clocks may differ: what is compared
 * is each message with the one that came fastest.
 */
export class Lateness {
  #least = Infinity;

  /** A connection begins. */
  begin(): void {
    this.#least = Infinity;
  }

  /** Milliseconds by which a message came later than the fastest. `serverTime` is RFC 3339, `now` ms of our clock. */
  of(serverTime: string, now: number): number {
    const difference = now - Date.parse(serverTime);
    this.#least = Math.min(this.#least, difference);
    return difference - this.#least;
  }
}
