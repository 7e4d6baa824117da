import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes, shouldReconnect } from '@live-orders/contracts/socket/close-codes.ts';
import { eventsUrl } from './event-stream.ts';
import { SessionEndedError, type LiveSocket } from './state.ts';
import { TransportChoice, type Transport } from './transport.ts';
import { pause } from './backoff.ts';

export interface LiveLinkOptions {
  /** Gets a ticket and answers the socket's whole URL, without `since`. May throw SessionEndedError. */
  url: (signal: AbortSignal) => Promise<string>;
  /** Where to resume from, asked at each attempt. */
  since: () => string | null;
  onText: (text: unknown) => void;
  /** No heartbeat came for longer than between two of them; said again each second until one comes. */
  onSilence: () => void;
  /** An attempt begins. */
  onAttempt: () => void;
  /** The link is gone; the next attempt, counted from 1, begins at `retryAt`. */
  onLost: (attempt: number, retryAt: number) => void;
  onEnded: (reason: 'session_ended' | 'refused') => void;
  now: () => number;
  random: () => number;
  openSocket: (url: URL) => LiveSocket;
  openEvents: (url: URL) => LiveSocket;
}

/** ms. The server beats every 5 s. A missed beat makes it doubtful that all has come; after two without a word, the link is given up. */
const doubtLimit = 7_000;
export const silenceLimit = 12_000;
const connectLimit = 10_000;
const firstDelay = 500;
const longestDelay = 15_000;

/** Between half and the whole of a span that doubles with each attempt, so that many clients don't return at once. */
export function backoff(attempt: number, random: () => number): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** attempt);
  return whole / 2 + random() * (whole / 2);
}

/**
 * Holds one connection open, a WebSocket where that is possible: comes back after a loss, and takes a link that has fallen
 * silent for lost.
 */
export class LiveLink {
  readonly #options: LiveLinkOptions;
  /** Aborted when the socket, or the attempt at one, is over: whatever still comes from it is ignored. */
  #current: AbortController | null = null;
  #socket: LiveSocket | null = null;
  readonly #choice = new TransportChoice();
  #transport: Transport = 'socket';
  /** Since when the server has been talking on this socket; null until its first frame. */
  #upSince: number | null = null;
  #lastTextAt: number | null = null;
  #beatAt = 0;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #moveTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveLinkOptions) {
    this.#options = options;
  }

  get lastTextAt(): number | null {
    return this.#lastTextAt;
  }

  start(): void {
    this.#attempt = 0;
    this.#watchdog = setInterval(() => this.#checkSilence(), 1000);
    void this.#connect();
  }

  stop(): void {
    this.#cut();
    clearInterval(this.#watchdog);
  }

  /** Tries now instead of at the end of a delay; a link that is up is only asked whether it still lives. */
  wake(): void {
    if (this.#retryTimer) void this.#connect();
    else this.#checkSilence();
  }

  /** Gives the socket up and comes back after `wait` ms, by default after a delay that grows with each attempt. */
  lose(wait?: number): void {
    const { now, random, onLost } = this.#options;
    // A link that held for a while was a good one: the next trouble starts from the shortest delay.
    if (this.#upSince !== null && now() - this.#upSince > longestDelay) this.#attempt = 0;
    if (this.#socket && this.#upSince === null) this.#choice.failed(this.#transport);
    this.#cut();
    const delay = wait ?? backoff(this.#attempt, random);
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => void this.#connect(), delay);
    onLost(this.#attempt, now() + delay);
  }

  /** Gives up a socket that is up, for the network is known to be gone. */
  suspect(): void {
    if (this.#upSince !== null) this.lose(0);
  }

  /** The server has said how things stand. Changes alone prove nothing: they may have waited on the way. */
  beat(): void {
    this.#beatAt = this.#options.now();
  }

  /** Says something to the server; nothing while there is no link, or none that can be spoken on. */
  send(message: ClientMessage): void {
    if (this.#upSince !== null) this.#socket?.send?.(JSON.stringify(message));
  }

  /** Goes on listening for so many milliseconds, then connects anew: this server is about to stop. */
  move(afterMs: number): void {
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => this.lose(0), afterMs);
  }

  /** Shows the server a new ticket, so that the connection outlives the token that it began with. */
  async renew(): Promise<void> {
    const signal = this.#current?.signal;
    const socket = this.#socket;
    // Server-sent events cannot be renewed; they come back after their end.
    if (!signal || !socket?.send) return;
    const isOver = () => signal.aborted;
    for (let attempt = 0; !isOver(); attempt += 1) {
      try {
        const ticket = new URL(await this.#options.url(signal)).searchParams.get('ticket');
        if (!isOver() && ticket !== null) socket.send(JSON.stringify({ event: 'renew', ticket }));
        return;
      } catch (error) {
        if (isOver()) return;
        if (error instanceof SessionEndedError) return this.#end('session_ended');
        await pause(backoff(attempt, this.#options.random), signal);
      }
    }
  }

  /** The server ended the connection with this close code. */
  closed(code: number): void {
    if (code === closeCodes.session_ended.code) return this.#end('session_ended');
    if (!shouldReconnect(code)) return this.#end('refused');
    const isAwaited = code === closeCodes.token_expired.code || this.#moveTimer !== undefined;
    this.lose(isAwaited ? 0 : undefined);
  }

  async #connect(): Promise<void> {
    this.#cut();
    const current = new AbortController();
    this.#current = current;
    this.#options.onAttempt();
    const tooSlow = setTimeout(() => this.lose(), connectLimit);
    current.signal.addEventListener('abort', () => clearTimeout(tooSlow));
    let url: URL;
    try {
      url = new URL(await this.#options.url(current.signal));
    } catch (error) {
      if (current.signal.aborted) return;
      return error instanceof SessionEndedError ? this.#end('session_ended') : this.lose();
    }
    if (current.signal.aborted) return;
    const since = this.#options.since();
    if (since !== null) url.searchParams.set('since', since);
    const socket = this.#open(url);
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      if (current.signal.aborted) return;
      clearTimeout(tooSlow);
      this.#lastTextAt = this.#options.now();
      if (this.#upSince === null) this.#choice.opened(this.#transport, this.#lastTextAt);
      this.#upSince ??= this.#lastTextAt;
      this.#options.onText(event.data);
    });
    // `error` is not listened to: `close` always follows it, and it alone has the code.
    socket.addEventListener('close', (event) => {
      if (!current.signal.aborted) this.closed(event.code);
    });
  }

  #open(url: URL): LiveSocket {
    const { now, openSocket, openEvents } = this.#options;
    this.#transport = this.#choice.next(now());
    return this.#transport === 'socket' ? openSocket(url) : openEvents(eventsUrl(url));
  }

  #checkSilence(): void {
    if (this.#upSince === null || this.#lastTextAt === null) return;
    const now = this.#options.now();
    if (now - this.#lastTextAt > silenceLimit) this.lose(0);
    else if (now - this.#beatAt > doubtLimit) this.#options.onSilence();
  }

  #end(reason: 'session_ended' | 'refused'): void {
    this.stop();
    this.#options.onEnded(reason);
  }

  #cut(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    clearTimeout(this.#moveTimer);
    this.#moveTimer = undefined;
    this.#current?.abort();
    this.#upSince = null;
    // A dead link answers no closing handshake, so its `close` event is not waited for.
    this.#socket?.close();
    this.#socket = null;
  }
}
