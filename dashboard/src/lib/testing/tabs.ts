import { vi } from 'vitest';
import { SharedStream, type Channel, type SharedStreamOptions } from '../transport/shared-stream.ts';
import { setUp, Socket } from './live-client.ts';

type Hold = Parameters<SharedStreamOptions['lock']>[1];
type Request = {
  options: Parameters<SharedStreamOptions['lock']>[0];
  hold: Hold;
  tab: Tab;
  fail: (why: Error) => void;
};

/** What tabs of one browser share, for tests with fake timers: a lock, and a channel on which all hear each other. */
export class FakeBrowser {
  readonly tabs: Tab[] = [];
  /** The connections for server-sent events, in the order in which they were opened. */
  readonly streams: { socket: Socket; tab: Tab }[] = [];
  #holder: Request | null = null;
  #queue: Request[] = [];

  /** Opens a page of the same user, in which WebSockets do not work. */
  open(): Tab {
    const tab = new Tab(this);
    this.tabs.push(tab);
    return tab;
  }

  /** The connection that was opened last; the test plays the server. */
  get stream(): Socket {
    const last = this.streams.at(-1);
    if (!last) throw new Error('there is none yet');
    return last.socket;
  }

  request(tab: Tab, options: Request['options'], hold: Hold): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = { options, hold, tab, fail: reject };
      options.signal?.addEventListener('abort', () => {
        this.#queue = this.#queue.filter((other) => other !== request);
        reject(new Error('aborted'));
      });
      queueMicrotask(() => {
        if (options.steal && this.#holder) {
          const { fail, tab: robbed } = this.#holder;
          robbed.learn(() => fail(new Error('stolen')));
          this.#holder = null;
          this.#queue.unshift(request);
        } else if (options.ifAvailable && this.#holder) return resolve(hold(null));
        else this.#queue.push(request);
        void this.#grant().then(resolve);
      });
    });
  }

  /** The browser closes a tab: nothing runs in it any more, and its lock is free. */
  close(tab: Tab): void {
    tab.isGone = true;
    this.#queue = this.#queue.filter((request) => request.tab !== tab);
    if (this.#holder?.tab !== tab) return;
    this.#holder = null;
    void this.#grant();
  }

  async #grant(): Promise<void> {
    if (this.#holder) return;
    const next = this.#queue.shift();
    if (!next) return;
    this.#holder = next;
    await next.hold({});
    if (this.#holder !== next) return;
    this.#holder = null;
    await this.#grant();
  }
}

/** A page in a tab, with a client of its own. */
export class Tab {
  readonly given: ReturnType<typeof setUp>;
  isGone = false;
  /** What it learns once it does not hang any more; null while it does not hang. Only its connection goes on meanwhile. */
  #missed: (() => void)[] | null = null;
  readonly #heard = new Set<(event: { data: unknown }) => void>();

  constructor(browser: FakeBrowser) {
    let numbers = 0;
    const random = () => {
      numbers += 1;
      return ((browser.tabs.indexOf(this) + 2) * 0.137 + numbers * 0.011) % 1;
    };
    this.given = setUp({
      random,
      fallback: { way: 'events', at: Date.now() },
      openEvents: (url) =>
        new SharedStream(url, {
          lock: (options, hold) => browser.request(this, options, hold),
          openChannel: () => this.#channel(browser),
          openStream: (address) => {
            const socket = new Socket(address);
            browser.streams.push({ socket, tab: this });
            return socket;
          },
          now: Date.now,
          random,
        }),
    });
  }

  get client() {
    return this.given.client;
  }

  hear(data: unknown): void {
    if (!this.#missed && !this.isGone) for (const listener of this.#heard) listener({ data });
  }

  hang(): void {
    this.#missed = [];
  }

  goOn(): void {
    const missed = this.#missed ?? [];
    this.#missed = null;
    for (const learn of missed) learn();
  }

  /** Has `learn` called, now or once this tab does not hang any more. */
  learn(learn: () => void): void {
    if (this.#missed) this.#missed.push(learn);
    else learn();
  }

  #channel(browser: FakeBrowser): Channel {
    const own: ((event: { data: unknown }) => void)[] = [];
    return {
      addEventListener: (_, listener) => {
        own.push(listener);
        this.#heard.add(listener);
      },
      postMessage: (letter) => {
        const copy: unknown = structuredClone(letter);
        if (this.#missed || this.isGone) return;
        for (const tab of browser.tabs) if (tab !== this) queueMicrotask(() => tab.hear(copy));
      },
      close: () => {
        for (const listener of own) this.#heard.delete(listener);
      },
    };
  }
}

/** Lets everything that is due happen. */
export const settle = () => vi.advanceTimersByTimeAsync(0);
