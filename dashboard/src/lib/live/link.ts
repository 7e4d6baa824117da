import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes, shouldReconnect } from '@live-orders/contracts/socket/close-codes.ts';
import { backoff, longestDelay, pause } from './backoff.ts';
import { eventsUrl } from '../transport/event-stream.ts';
import type { LiveSocket } from '../transport/socket.ts';
import { TransportChoice, type Fallback, type Transport } from '../transport/transport-choice.ts';
import { SessionEndedError, type Way } from './state.ts';

export interface LiveLinkOptions {
  /** Gets a ticket; resolves to the socket's whole URL, without `since`. May throw SessionEndedError. */
  url: (signal: AbortSignal) => Promise<string>;
  /** The position to resume from, or null for none; asked at each attempt. */
  since: () => string | null;
  onText: (text: unknown) => void;
  /** Called each second while no heartbeat has come for longer than the time between two of them. */
  onSilence: () => void;
  /** An attempt begins. */
  onAttempt: () => void;
  /** The link is gone. */
  onLost: () => void;
  onEnded: (reason: 'session_ended' | 'refused') => void;
  now: () => number;
  random: () => number;
  openSocket: (url: URL) => LiveSocket;
  openEvents: ((url: URL) => LiveSocket) | null;
  fallback: Fallback | null;
  onWorks: (fallback: Fallback | null) => void;
}

/**
 * Milliseconds. The server sends a heartbeat every 5 s. When one is missing, it is doubtful whether every change has
 * come; when nothing at all has come for the time of two, the link is given up.
 */
const doubtLimit = 7_000;
export const silenceLimit = 12_000;
const connectLimit = 10_000;
/** Milliseconds of which half or more is waited before the next attempt, where none has led anywhere although the gateway is there. */
const hopelessDelay = 30_000;

/**
 * Holds one connection to the gateway open, by WebSocket where that is possible, else by server-sent events. It connects
 * again when the connection is lost, and takes a silent one for lost.
 */
export class LiveLink {
  readonly #options: LiveLinkOptions;
  /** Aborted when the socket, or the attempt to open one, is over. What still comes from it is ignored then. */
  #current: AbortController | null = null;
  #socket: LiveSocket | null = null;
  readonly #choice: TransportChoice;
  #transport: Transport = 'socket';
  /** When the first frame came on this socket, in ms; null until then. */
  #upSince: number | null = null;
  #lastTextAt: number | null = null;
  #beatAt = 0;
  /** How many heartbeats came on this socket; its welcome is one. */
  #beats = 0;
  #attempt = 0;
  #retryAt: number | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #moveTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveLinkOptions) {
    this.#options = options;
    const { openEvents, fallback, onWorks, now } = options;
    this.#choice = new TransportChoice({ hasEvents: openEvents !== null, last: fallback, onWorks, now: now() });
  }

  /** Whether nothing leads to the stream, although the gateway is there. */
  get isHopeless(): boolean {
    return this.#choice.isExhausted;
  }

  /** How changes come at the moment; null while they do not. */
  get way(): Way | null {
    if (this.#upSince === null) return null;
    return this.#socket?.isShared ? 'shared' : this.#transport;
  }

  /** The number of the next attempt, from 1, and when it begins; null while it is under way. */
  get retry(): { attempt: number; retryAt: number | null } {
    return { attempt: this.#attempt, retryAt: this.#retryAt };
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

  /** Connects at once instead of after the delay. Of a link that is up, it only checks whether it was silent for too long. */
  wake(): void {
    if (this.#retryTimer) void this.#connect();
    else this.#checkSilence();
  }

  /** Drops the socket and connects again after `wait` ms, by default after a delay that grows with each attempt. */
  lose(wait?: number): void {
    const { now, random, onLost } = this.#options;
    // After a connection that lasted, the delays begin from the shortest again.
    if (this.#upSince !== null && now() - this.#upSince > longestDelay) this.#attempt = 0;
    if (this.#socket && this.#upSince === null) this.#choice.failed(this.#transport, now());
    this.#cut();
    const delay = wait ?? (this.isHopeless ? hopelessDelay * (1 - random() / 2) : backoff(this.#attempt, random));
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => void this.#connect(), delay);
    this.#retryAt = now() + delay;
    onLost();
  }

  /** Drops a socket that is up, because the network is known to be gone. */
  suspect(): void {
    if (this.#upSince !== null) this.lose(0);
  }

  /** To be called at each heartbeat. Other messages do not prove that the link is fresh: they may have waited on the way. */
  beat(): void {
    this.#beatAt = this.#options.now();
    this.#beats += 1;
    if (this.#beats > 1) this.#choice.proved();
  }

  /** Sends a message to the server; does nothing without a connection, or on one that only listens. */
  send(message: ClientMessage): void {
    if (this.#upSince !== null) this.#socket?.send?.(JSON.stringify(message));
  }

  /** Listens for `afterMs` ms more and then connects anew, because this server is about to stop. */
  move(afterMs: number): void {
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => this.lose(0), afterMs);
  }

  /** Sends the server a new ticket, so that the connection outlives the access token that it was opened with. */
  async renew(): Promise<void> {
    const signal = this.#current?.signal;
    const socket = this.#socket;
    // Server-sent events cannot be renewed. The server ends them, and the link connects again.
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

  /** To be called when the server ends the connection with this close code. */
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
    this.#retryAt = null;
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
    // No listener for `error`: a `close` follows each, and only that has the code.
    socket.addEventListener('close', (event) => {
      if (!current.signal.aborted) this.closed(event.code);
    });
  }

  #open(url: URL): LiveSocket {
    const { now, openSocket, openEvents } = this.#options;
    this.#transport = this.#choice.next(now());
    return this.#transport === 'socket' || !openEvents ? openSocket(url) : openEvents(eventsUrl(url));
  }

  #checkSilence(): void {
    if (this.#upSince === null || this.#lastTextAt === null) return;
    const now = this.#options.now();
    if (now - this.#lastTextAt > silenceLimit) {
      // What another tab hands on is silent when that tab hangs.
      if (this.#beats < 2 && !this.#socket?.isShared) this.#choice.failed(this.#transport, now);
      this.lose(this.isHopeless ? undefined : 0);
    } else if (now - this.#beatAt > doubtLimit) this.#options.onSilence();
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
    this.#beats = 0;
    // The `close` event is not waited for: on a dead link the closing handshake gets no answer.
    this.#socket?.close();
    this.#socket = null;
  }
}
