import { type ClientMessage, closeCodes, shouldReconnect } from '@live-orders/contracts/realtime.ts';
import { SessionEndedError, type LiveSocket } from './live-state.ts';

export interface LiveLinkOptions {
  /** Gets a ticket and answers the socket's whole URL, without `since`. May throw SessionEndedError. */
  url: (signal: AbortSignal) => Promise<string>;
  /** Where to resume from, asked at each attempt. */
  since: () => string | null;
  onText: (text: unknown) => void;
  /** An attempt begins. */
  onAttempt: () => void;
  /** The link is gone; the next attempt, counted from 1, begins at `retryAt`. */
  onLost: (attempt: number, retryAt: number) => void;
  onEnded: (reason: 'session_ended' | 'refused') => void;
  now: () => number;
  random: () => number;
  openSocket: (url: URL) => LiveSocket;
}

/** The server beats every 5 s: two missed beats and some slack. */
const silenceLimit = 12_000;
const connectLimit = 10_000;
const firstDelay = 500;
const longestDelay = 15_000;

/** Between half and the whole of a span that doubles with each attempt, so that many clients don't return at once. */
export function backoff(attempt: number, random: () => number): number {
  const whole = Math.min(longestDelay, firstDelay * 2 ** attempt);
  return whole / 2 + random() * (whole / 2);
}

/** Holds one WebSocket open: comes back after a loss, and takes a link that has fallen silent for lost. */
export class LiveLink {
  readonly #options: LiveLinkOptions;
  /** Aborted when the socket, or the attempt at one, is over: whatever still comes from it is ignored. */
  #current: AbortController | null = null;
  #socket: LiveSocket | null = null;
  /** Since when the server has been talking on this socket; null until its first frame. */
  #upSince: number | null = null;
  #lastTextAt: number | null = null;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
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

  /** Says something to the server; nothing while there is no link, or none that can be spoken on. */
  send(message: ClientMessage): void {
    if (this.#upSince !== null) this.#socket?.send?.(JSON.stringify(message));
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
    const socket = this.#options.openSocket(url);
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      if (current.signal.aborted) return;
      clearTimeout(tooSlow);
      this.#lastTextAt = this.#options.now();
      this.#upSince ??= this.#lastTextAt;
      this.#options.onText(event.data);
    });
    // `error` is not listened to: `close` always follows it, and it alone has the code.
    socket.addEventListener('close', (event) => {
      if (!current.signal.aborted) this.#closed(event.code);
    });
  }

  #checkSilence(): void {
    const silent = this.#lastTextAt !== null && this.#options.now() - this.#lastTextAt > silenceLimit;
    if (this.#upSince !== null && silent) this.lose(0);
  }

  #closed(code: number): void {
    if (code === closeCodes.session_ended.code) this.#end('session_ended');
    else if (!shouldReconnect(code)) this.#end('refused');
    else this.lose(code === closeCodes.token_expired.code ? 0 : undefined);
  }

  #end(reason: 'session_ended' | 'refused'): void {
    this.stop();
    this.#options.onEnded(reason);
  }

  #cut(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#current?.abort();
    this.#upSince = null;
    // A dead link answers no closing handshake, so its `close` event is not waited for.
    this.#socket?.close();
    this.#socket = null;
  }
}
