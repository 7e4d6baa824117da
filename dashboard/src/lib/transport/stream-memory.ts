import { formatPosition, parsePosition, type Position } from '@live-orders/contracts/socket/position.ts';
import { mostPresentOrders, type PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { readFrame } from './frame.ts';

type Welcome = Extract<ServerMessage, { event: 'welcome' }>;
type Heartbeat = Extract<ServerMessage, { event: 'heartbeat' }>;

/** What concerns the connection itself, and so only the tab that holds it. */
const own: ReadonlySet<ServerMessage['event']> = new Set(['welcome', 'expiring', 'renewed', 'move', 'bye', 'pong']);

/** Characters of frames that are remembered at most. */
const capacity = 1_000_000;

/**
 * What a connection has brought, as much as it takes to let others of the same user join in the middle of it, as the
 * gateway would: they are welcomed by their own position, and told what came since, or that they have to read a snapshot.
 */
export class StreamMemory {
  #welcome: Welcome | null = null;
  /** All changes after this are remembered. */
  #start: Position | null = null;
  /** Everything up to here has come. */
  #at: Position | null = null;
  /** The frames with changes since `#start`, and the `seq` to which each one leads. */
  #frames: { seq: number; text: string }[] = [];
  #size = 0;
  #beat: Heartbeat | null = null;
  /** The server's time in a message that came at `at`, both in ms. */
  #told = { time: 0, at: 0 };
  readonly #present = new Map<string, PresentOrder>();

  /** Whether the connection was welcomed, so that others can be. */
  get hasBegun(): boolean {
    return this.#welcome !== null;
  }

  /**
   * Takes in a frame that came at `now` on a connection that resumes from `since`; returns what concerns the others as
   * well, or null where that is nothing.
   */
  take(text: string, since: string | null, now: number): string | null {
    const messages = readFrame(text);
    // Whoever holds the connection gives it up, and the others with it.
    if (!messages) return null;
    for (const message of messages) this.#note(message, since, now);
    const shared = messages.filter(({ event }) => !own.has(event));
    if (shared.length === 0) return null;
    const handed = shared.length === messages.length ? text : JSON.stringify(shared);
    if (shared.some((message) => 'times' in message || message.event === 'skipped')) this.#keep(handed);
    return handed;
  }

  /** The frames that let somebody join who has received everything up to `since`. */
  greet(since: string | null, now: number): string[] {
    const [welcome, at, start] = [this.#welcome, this.#at, this.#start];
    if (!welcome || !at || !start) return [];
    const from = since === null ? null : parsePosition(since);
    const recovered = from !== null && from.epoch === start.epoch && from.seq >= start.seq;
    const server_time = new Date(this.#told.time + now - this.#told.at).toISOString();
    const position = formatPosition(at);
    const source = recovered ? ('memory' as const) : null;
    const greeting: Welcome = {
      ...welcome,
      seq: at.seq,
      data: { ...welcome.data, position, recovered, source, server_time },
    };
    const missed = recovered ? this.#frames.filter(({ seq }) => seq > from.seq) : [];
    const present = [...this.#present.values()].slice(0, mostPresentOrders);
    const last: ServerMessage[] = [];
    // As the gateway does: who joins while the stream is not live learns that at once.
    if (this.#beat && !this.#beat.data.live) last.push({ ...this.#beat, data: { ...this.#beat.data, server_time } });
    if (present.length > 0) last.push({ event: 'presence', seq: at.seq, data: { orders: present } });
    return [JSON.stringify([greeting]), ...missed.map(({ text }) => text), JSON.stringify(last)];
  }

  #note(message: ServerMessage, since: string | null, now: number): void {
    if ('times' in message) return this.#advance(message.seq);
    if (message.event === 'welcome' || message.event === 'heartbeat')
      this.#told = { time: Date.parse(message.data.server_time), at: now };
    if (message.event === 'welcome') {
      this.#welcome = message;
      this.#begin(message.data.position);
      if (message.data.recovered && since !== null) this.#start = parsePosition(since);
    } else if (message.event === 'resync') this.#begin(message.data.position);
    else if (message.event === 'heartbeat') {
      this.#beat = message;
      const at = parsePosition(message.data.position);
      if (at && at.epoch === this.#at?.epoch) this.#advance(at.seq);
      else this.#begin(message.data.position);
    } else if (message.event === 'presence') {
      for (const order of message.data.orders) {
        if (order.people.length > 0) this.#present.set(order.order_id, order);
        else this.#present.delete(order.order_id);
      }
    }
  }

  #begin(position: string): void {
    this.#at = this.#start = parsePosition(position);
    this.#frames = [];
    this.#size = 0;
  }

  #advance(seq: number): void {
    if (this.#at && seq > this.#at.seq) this.#at = { ...this.#at, seq };
  }

  #keep(text: string): void {
    if (!this.#at) return;
    this.#frames.push({ seq: this.#at.seq, text });
    this.#size += text.length;
    while (this.#size > capacity) {
      const oldest = this.#frames.shift();
      if (!oldest || !this.#start) return;
      this.#size -= oldest.text.length;
      this.#start = { ...this.#start, seq: oldest.seq };
    }
  }
}
