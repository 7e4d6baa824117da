export type Transport = 'socket' | 'events';

/** WebSockets in a row that ended before their first frame, although a ticket was granted. */
const patience = 2;
/** Milliseconds with server-sent events, after which a reconnection tries a WebSocket again. */
const retryAfter = 5 * 60_000;

/** Which way leads to the gateway: a WebSocket, or server-sent events where something in between refuses WebSockets. */
export class TransportChoice {
  #refusals = 0;
  #eventsSince: number | null = null;

  /** The transport of the next attempt; `now` in milliseconds. */
  next(now: number): Transport {
    if (this.#eventsSince !== null && now - this.#eventsSince > retryAfter) {
      this.#eventsSince = null;
      this.#refusals = patience - 1;
    }
    return this.#eventsSince !== null || this.#refusals >= patience ? 'events' : 'socket';
  }

  /** An attempt got its first frame. */
  opened(transport: Transport, now: number): void {
    if (transport === 'events') this.#eventsSince ??= now;
    else this.#refusals = 0;
  }

  /** An attempt ended before its first frame. Where neither leads anywhere, it was not for the WebSocket. */
  failed(transport: Transport): void {
    this.#refusals = transport === 'socket' ? this.#refusals + 1 : 0;
    this.#eventsSince = null;
  }
}
