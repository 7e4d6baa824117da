import { z } from 'zod';

export type Transport = 'socket' | 'events';

/** Where a WebSocket did not work last: what had to do instead, and since when, in ms since 1970. */
export const fallback = z.object({ way: z.enum(['events', 'polling']), at: z.number() });
export type Fallback = z.infer<typeof fallback>;

/** As many WebSockets in a row must end before their first frame, although a ticket was granted, to be taken for refused. */
const patience = 2;
/** As many attempts in a row must end so for nothing to work: with server-sent events, whatever the first one was, each way is among them. */
const lastPatience = 3;
/** Milliseconds. When server-sent events have been used for so long, the next attempt is a WebSocket again. */
const retryAfter = 5 * 60_000;
/** Milliseconds for which a page that is opened begins with what worked last. Then it looks for something better first. */
const trusted = 60 * 60_000;

interface TransportChoiceOptions {
  /** Whether server-sent events can be had at all. */
  hasEvents: boolean;
  /** What an earlier page had to do with. */
  last: Fallback | null;
  /** Called when something else works than before; with null when WebSockets do. */
  onWorks: (fallback: Fallback | null) => void;
  now: number;
}

/** Chooses how to connect to the gateway: by WebSocket, or by server-sent events where something in between refuses those. */
export class TransportChoice {
  readonly #hasEvents: boolean;
  readonly #onWorks: (fallback: Fallback | null) => void;
  #refusals = 0;
  #failures = 0;
  #eventsSince: number | null = null;
  #isExhausted: boolean;

  constructor({ hasEvents, last, onWorks, now }: TransportChoiceOptions) {
    this.#hasEvents = hasEvents;
    this.#onWorks = onWorks;
    const way = last && now - last.at < trusted ? last.way : null;
    if (way === 'events' && hasEvents) this.#eventsSince = now;
    this.#isExhausted = way === 'polling';
  }

  /** Whether nothing has worked lately, although tickets were granted. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /** The transport of the next attempt; `now` in milliseconds. */
  next(now: number): Transport {
    if (!this.#hasEvents) return 'socket';
    if (this.#eventsSince !== null && now - this.#eventsSince > retryAfter) {
      this.#eventsSince = null;
      this.#refusals = patience - 1;
    }
    return this.#eventsSince !== null || this.#refusals >= patience ? 'events' : 'socket';
  }

  /** A connection goes on to bring something: it is not one of which a proxy lets only the beginning through. */
  proved(): void {
    this.#failures = 0;
    this.#isExhausted = false;
  }

  /** An attempt got its first frame. */
  opened(transport: Transport, now: number): void {
    if (transport === 'socket') {
      this.#refusals = 0;
      this.#onWorks(null);
    } else if (this.#eventsSince === null) {
      this.#eventsSince = now;
      this.#onWorks({ way: 'events', at: now });
    }
  }

  /** An attempt ended before its first frame, or was silent after it. When server-sent events fail as well, WebSockets are not refused. */
  failed(transport: Transport, now: number): void {
    this.#refusals = transport === 'socket' ? this.#refusals + 1 : 0;
    this.#eventsSince = null;
    this.#failures += 1;
    if (this.#isExhausted || this.#failures < lastPatience) return;
    this.#isExhausted = true;
    this.#onWorks({ way: 'polling', at: now });
  }
}
