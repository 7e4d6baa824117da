import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { formatPosition, parsePosition, type Position } from '@live-orders/contracts/socket/position.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { Confirmations } from './confirmations.ts';
import { EventStream } from './event-stream.ts';
import { readFrame } from './frame.ts';
import { Freshness, type Heartbeat } from './freshness.ts';
import { LiveLink, silenceLimit } from './link.ts';
import type { LiveClientOptions, LiveCounters, LiveState, OrderChange, Via } from './state.ts';
import { OrderStore } from './order-store.ts';
import { SnapshotReader } from './snapshot-reader.ts';

type OrderMessage = Extract<ServerMessage, { data: { customer_id: string } }>;

/** Messages held back while a snapshot is read; beyond it, reading another snapshot is cheaper than remembering. */
const heldLimit = 20_000;

/**
 * Keeps an OrderStore equal to what the server shows: it connects and learns its position first, holds messages back
 * while it reads the snapshot, applies both by version, and comes back with `since` after a lost link.
 */
export class LiveClient {
  readonly store: OrderStore;
  readonly counters: LiveCounters = { applied: 0, ignored: 0, skipped: 0, merged: 0, snapshots: 0, connections: 0 };
  readonly #options: LiveClientOptions;
  readonly #now: () => number;
  readonly #link: LiveLink;
  readonly #snapshots: SnapshotReader;
  readonly #confirmations: Confirmations;
  #state: LiveState = { phase: 'idle' };
  /** Everything up to here has been received; the store holds it all only when `#synced`. */
  #received: Position | null = null;
  #synced = false;
  #held: OrderMessage[] | null = null;
  #snapshotFrom: string | null = null;
  readonly #freshness = new Freshness();

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.store = options.store ?? new OrderStore();
    this.#now = options.now ?? Date.now;
    const random = options.random ?? Math.random;
    this.#snapshots = new SnapshotReader({
      read: options.snapshot,
      random,
      onRead: (orders) => this.#applySnapshot(orders),
      onFailed: () => this.#setState({ phase: 'resyncing', since: this.#behindSince() }),
      onSessionEnded: () => this.#end('session_ended'),
    });
    this.#confirmations = new Confirmations({
      store: this.store,
      read: options.confirm,
      onRead: (order) => this.put([order]),
      onFailed: () => {
        if (!this.#received) return;
        this.#resync(formatPosition(this.#received));
        this.#snapshots.readIfDue();
      },
    });
    this.#link = new LiveLink({
      url: options.url,
      since: () => this.position && formatPosition(this.position),
      onText: (text) => this.#receiveFrame(text),
      onSilence: () => this.#doubtLink(),
      onAttempt: () => {
        if (this.#state.phase === 'reconnecting') this.#setState({ ...this.#state, retryAt: null });
      },
      onLost: (attempt, retryAt) => this.#lost(attempt, retryAt),
      onEnded: (reason) => this.#end(reason),
      now: this.#now,
      random,
      openSocket: options.openSocket ?? ((url) => new WebSocket(url)),
      openEvents: options.openEvents ?? ((url) => new EventStream(url)),
    });
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The last applied position; null as long as the store is not known to hold everything up to one. */
  get position(): Position | null {
    return this.#synced ? this.#received : null;
  }

  get lastMessageAt(): number | null {
    return this.#link.lastTextAt;
  }

  start(): void {
    if (this.#state.phase !== 'idle' && this.#state.phase !== 'ended') return;
    this.#setState({ phase: 'connecting' });
    this.#link.start();
  }

  stop(): void {
    this.#end('stopped');
  }

  /** The network may be back, or the page visible again: tries now instead of at the end of a delay. */
  wake(): void {
    this.#link.wake();
  }

  /** The network is known to be gone: doesn't wait for the silence to prove it. */
  suspect(): void {
    this.#link.suspect();
  }

  /** Says something to the server; nothing while there is no connection. */
  send(message: ClientMessage): void {
    this.#link.send(message);
  }

  /** Takes in what a page got from REST for itself; older than known is ignored. */
  put(orders: readonly Order[]): void {
    this.#emit(this.#applyAll(orders, 'rest'));
  }

  #receiveFrame(text: unknown): void {
    const messages = readFrame(text);
    if (!messages) {
      // What the frame said is lost, so there is nothing to resume from.
      this.#synced = false;
      this.#link.lose();
      return;
    }
    const changes: OrderChange[] = [];
    for (const message of messages) {
      this.#options.onMessage?.(message);
      this.#receive(message, changes);
    }
    this.#emit(changes);
    this.#snapshots.readIfDue();
    this.#confirmations.readDoubted();
  }

  #receive(message: ServerMessage, changes: OrderChange[]): void {
    switch (message.event) {
      case 'welcome':
        this.counters.connections += 1;
        this.#freshness.begin(message.data.server_time, this.#now());
        this.#link.beat();
        if (message.data.recovered && this.#synced) return this.#setState({ phase: 'live' });
        return this.#resync(message.data.position);
      case 'resync':
        return this.#resync(message.data.position, message.data.spread_ms);
      case 'heartbeat':
        return this.#beat(message.data);
      case 'new_order':
      case 'order_status_update':
      case 'order_update':
        if (this.#held) return this.#hold(message, this.#held);
        this.#apply(message.data, 'event', changes);
        return this.#advance(message.seq);
      case 'product_update':
      case 'user_update':
        return this.#advance(message.seq);
      case 'skipped':
        this.counters.merged += message.data.count;
        return;
      case 'expiring':
        return void this.#link.renew();
      case 'move':
        return this.#link.move(message.data.after_ms);
      case 'bye':
        return this.#link.closed(message.data.code);
      case 'renewed':
      case 'presence':
      case 'pong':
        return;
    }
  }

  /** A beat's position says: everything up to here has been sent on this socket. */
  #beat(heartbeat: Heartbeat): void {
    const at = parsePosition(heartbeat.position);
    if (at && this.#received && at.epoch !== this.#received.epoch) return this.#resync(heartbeat.position);
    if (at) this.#advance(at.seq);
    if (this.#freshness.hear(heartbeat, this.#now()) > silenceLimit) return this.#link.lose(0);
    this.#link.beat();
    const { phase } = this.#state;
    if (phase === 'stale' || (phase === 'live' && this.#freshness.state.phase === 'stale'))
      this.#setState(this.#freshness.state);
  }

  /** Changes may be under way on a link that is dead. The next heartbeat tells, or the link is lost. */
  #doubtLink(): void {
    if (this.#state.phase === 'live') this.#setState(this.#freshness.stale);
  }

  #advance(seq: number): void {
    if (this.#received && seq > this.#received.seq) this.#received = { ...this.#received, seq };
  }

  #hold(message: OrderMessage, held: OrderMessage[]): void {
    held.push(message);
    this.#advance(message.seq);
    if (held.length > heldLimit && this.#received) this.#resync(formatPosition(this.#received));
  }

  #resync(position: string, spread = 0): void {
    // `welcome` and the `resync` that follows it name the same place: one snapshot covers both.
    if (this.#held && this.#snapshotFrom === position) return this.#snapshots.spread(spread);
    this.#cutReading();
    this.#synced = false;
    this.#received = parsePosition(position);
    this.#snapshotFrom = position;
    this.#held = [];
    this.#snapshots.ask(spread);
    if (this.#state.phase !== 'connecting') this.#setState({ phase: 'resyncing', since: this.#behindSince() });
  }

  #applySnapshot(orders: readonly Order[]): void {
    this.counters.snapshots += 1;
    const listed = new Set(orders.map((order) => order.id));
    this.#confirmations.listed(orders);
    const changes = this.#applyAll(orders, 'snapshot');
    const removed = this.store.retain((order) => listed.has(order.id));
    for (const order of removed) changes.push({ kind: 'removed', order });
    const held = this.#held ?? [];
    const begun = new Set(held.flatMap(({ data }) => (data.version === 1 ? data.id : [])));
    for (const { data } of held) {
      const isPast = !begun.has(data.id) && this.#confirmations.dismiss(data);
      if (!isPast) this.#apply(data, 'event', changes);
    }
    this.#held = null;
    this.#synced = this.#received !== null;
    this.#emit(changes);
    this.#setState(this.#freshness.state);
    this.#confirmations.readDoubted();
  }

  #applyAll(orders: readonly Order[], via: Via): OrderChange[] {
    const changes: OrderChange[] = [];
    for (const order of orders) this.#apply(order, via, changes);
    return changes;
  }

  #apply(order: Order, via: Via, changes: OrderChange[]): void {
    if (via === 'event' && this.#confirmations.doubt(order)) return;
    const previous = this.store.get(order.id);
    if (!this.store.upsert(order)) {
      this.counters.ignored += 1;
      return;
    }
    this.counters.applied += 1;
    if (via === 'event' && previous) this.counters.skipped += order.version - previous.version - 1;
    changes.push({ kind: 'applied', via, order, previous });
  }

  #emit(changes: readonly OrderChange[]): void {
    if (changes.length > 0) this.#options.onOrders?.(changes);
  }

  #lost(attempt: number, retryAt: number): void {
    this.#cutReading();
    this.#setState({ phase: 'reconnecting', since: this.#behindSince(), attempt, retryAt });
  }

  #end(reason: 'session_ended' | 'refused' | 'stopped'): void {
    this.#cutReading();
    this.#link.stop();
    this.#setState({ phase: 'ended', reason });
  }

  #cutReading(): void {
    this.#snapshots.cut();
    // What was not confirmed has been received, but is not in the store.
    if (this.#confirmations.cut()) this.#synced = false;
    this.#held = null;
  }

  /** Since when the data shown may be behind. */
  #behindSince(): number {
    return 'since' in this.#state ? this.#state.since : (this.lastMessageAt ?? this.#now());
  }

  #setState(state: LiveState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
