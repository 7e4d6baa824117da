export type Transport = 'socket' | 'events';

/** As many WebSockets in a row must end before their first frame, although a ticket was granted, to be taken for refused. */
const patience = 2;
/** Milliseconds. When server-sent events have been used for so long, the next attempt is a WebSocket again. */
const retryAfter = 5 * 60_000;

/** Chooses how to connect to the gateway: by WebSocket, or by server-sent events where something in between refuses those. */
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

  /** An attempt ended before its first frame. When server-sent events fail as well, WebSockets are not refused. */
  failed(transport: Transport): void {
    this.#refusals = transport === 'socket' ? this.#refusals + 1 : 0;
    this.#eventsSince = null;
  }
}
