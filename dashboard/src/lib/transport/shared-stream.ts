import { z } from 'zod';
import { lostCode, type LiveSocket } from './socket.ts';
import { StreamMemory } from './stream-memory.ts';

/** What tabs say to each other. `from` and `to` name a stream of one tab, and each attempt of it anew. */
const letter = z.discriminatedUnion('kind', [
  /** To whoever holds the connection: let me listen; I have received everything up to `since`. */
  z.object({ kind: z.literal('join'), from: z.string(), since: z.string().nullable() }),
  /** The answer that comes at once, and so proves that this tab does not hang. */
  z.object({ kind: z.literal('here'), from: z.string(), to: z.string() }),
  /** The frames with which the other one begins; every `frame` after this is for it as well. */
  z.object({ kind: z.literal('joined'), from: z.string(), to: z.string(), texts: z.array(z.string()) }),
  z.object({ kind: z.literal('frame'), from: z.string(), text: z.string() }),
  /** This tab holds the connection from now on. */
  z.object({ kind: z.literal('leading'), from: z.string() }),
  /** This tab does not hold it any more. */
  z.object({ kind: z.literal('over'), from: z.string() }),
]);
type Letter = z.infer<typeof letter>;

/** Milliseconds. A tab that answers nothing for so long hangs; what is added is random, so that not all take over at once. */
const patience = 2_000;

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  postMessage(letter: unknown): void;
  close(): void;
}

/** Calls `hold` when the lock is granted, or with null when it is not `ifAvailable`; keeps it until the promise settles. */
type Lock = (
  options: { ifAvailable?: boolean; steal?: boolean; signal?: AbortSignal },
  hold: (lock: object | null) => Promise<null> | null,
) => Promise<unknown>;

export interface SharedStreamOptions {
  /** The lock that all tabs of one user compete for. */
  lock: Lock;
  /** Where they hear each other. */
  openChannel: () => Channel;
  openStream: (url: URL) => LiveSocket;
  now: () => number;
  random: () => number;
}

/**
 * Server-sent events of which all tabs of a user need one connection: browsers allow six to a server. The tab that has the
 * lock holds it and hands on each frame, the others listen. When that tab closes, its lock is free, and its listeners
 * lose their stream: each comes back with its own position, and the first one holds the next connection. When it hangs,
 * they hear nothing, come back likewise, get no answer, and one of them takes the lock away.
 */
export class SharedStream implements LiveSocket {
  readonly #url: URL;
  readonly #options: SharedStreamOptions;
  readonly #channel: Channel;
  readonly #me: string;
  readonly #over = new AbortController();
  readonly #released = Promise.withResolvers<null>();
  /** The connection, in the tab that holds it. */
  #stream: LiveSocket | null = null;
  readonly #memory = new StreamMemory();
  /** Who has asked to listen before there was anything to begin with. */
  #waiting: Extract<Letter, { kind: 'join' }>[] = [];
  /** Whose frames are listened to. */
  #leader: string | null = null;
  #hangTimer: ReturnType<typeof setTimeout> | undefined;
  #onMessage = (_: { data: unknown }): void => undefined;
  #onClose = (_: { code: number }): void => undefined;

  constructor(url: URL, options: SharedStreamOptions) {
    this.#url = url;
    this.#options = options;
    this.#me = `${options.now()}-${options.random()}`;
    this.#channel = options.openChannel();
    this.#channel.addEventListener('message', ({ data }) => {
      const read = letter.safeParse(data);
      // A tab with another version of this page may say something else.
      if (read.success) this.#hear(read.data);
    });
    this.#request({ ifAvailable: true }, (lock) => (lock ? this.#lead() : this.#follow()));
  }

  get isShared(): boolean {
    return this.#stream === null;
  }

  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'message' | 'close', listener: (event: { data: unknown; code: number }) => void): void {
    if (type === 'message') this.#onMessage = (event) => listener({ ...event, code: 0 });
    else this.#onClose = (event) => listener({ ...event, data: null });
  }

  close(): void {
    if (this.#isOver()) return;
    this.#over.abort();
    clearTimeout(this.#hangTimer);
    if (this.#stream) {
      this.#stream.close();
      this.#say({ kind: 'over', from: this.#me });
    }
    this.#channel.close();
    this.#released.resolve(null);
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #end(code: number): void {
    if (this.#isOver()) return;
    this.close();
    this.#onClose({ code });
  }

  /** A request fails when the lock is taken away, or when this is over before it is granted. */
  #request(options: Parameters<Lock>[0], hold: Parameters<Lock>[1]): void {
    this.#options.lock(options, hold).catch(() => this.#end(lostCode));
  }

  #say(message: Letter): void {
    this.#channel.postMessage(message);
  }

  /** Holds the connection, and with it the lock, until this is over. */
  #lead(): Promise<null> | null {
    if (this.#isOver()) return null;
    clearTimeout(this.#hangTimer);
    this.#say({ kind: 'leading', from: this.#me });
    this.#stream = this.#options.openStream(this.#url);
    this.#stream.addEventListener('message', ({ data }) => this.#handOn(data));
    this.#stream.addEventListener('close', ({ code }) => this.#end(code));
    return this.#released.promise;
  }

  #follow(): null {
    if (this.#isOver()) return null;
    this.#join();
    // The lock is granted when nobody leads any more. Who has not begun to listen has a ticket that is still good.
    this.#request({ signal: this.#over.signal }, () => {
      if (this.#leader === null) return this.#lead();
      this.#end(lostCode);
      return null;
    });
    return null;
  }

  #join(): void {
    this.#say({ kind: 'join', from: this.#me, since: this.#url.searchParams.get('since') });
    clearTimeout(this.#hangTimer);
    const wait = patience * (1 + this.#options.random());
    this.#hangTimer = setTimeout(() => this.#request({ steal: true }, () => this.#lead()), wait);
  }

  #handOn(data: unknown): void {
    if (this.#isOver()) return;
    const { now } = this.#options;
    const text = typeof data === 'string' ? this.#memory.take(data, this.#url.searchParams.get('since'), now()) : null;
    if (text !== null) this.#say({ kind: 'frame', from: this.#me, text });
    if (this.#memory.hasBegun) for (const who of this.#waiting.splice(0)) this.#admit(who);
    this.#onMessage({ data });
  }

  #admit({ from, since }: Extract<Letter, { kind: 'join' }>): void {
    const texts = this.#memory.greet(since, this.#options.now());
    this.#say({ kind: 'joined', from: this.#me, to: from, texts });
  }

  #hear(said: Letter): void {
    if (this.#isOver()) return;
    if (this.#stream) {
      if (said.kind !== 'join') return;
      this.#say({ kind: 'here', from: this.#me, to: said.from });
      if (this.#memory.hasBegun) this.#admit(said);
      else this.#waiting.push(said);
    } else if (this.#leader === null) this.#hearBefore(said);
    else if (said.kind === 'frame' && said.from === this.#leader) this.#onMessage({ data: said.text });
    // The lock was taken away from whom this listens to.
    else if (said.kind === 'leading' || (said.kind === 'over' && said.from === this.#leader)) this.#end(lostCode);
  }

  /** What is said while this has not begun to listen. */
  #hearBefore(said: Letter): void {
    if (said.kind === 'leading') return this.#join();
    if (said.kind !== 'here' && said.kind !== 'joined') return;
    if (said.to !== this.#me) return;
    clearTimeout(this.#hangTimer);
    if (said.kind === 'here') return;
    this.#leader = said.from;
    for (const data of said.texts) if (!this.#isOver()) this.#onMessage({ data });
  }
}
