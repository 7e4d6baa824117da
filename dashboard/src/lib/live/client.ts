import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { formatPosition, parsePosition, type Position } from '@live-orders/contracts/socket/position.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { EventStream } from './event-stream.ts';
import { readFrame } from './frame.ts';
import { LinkFreshness, type Heartbeat } from './freshness.ts';
import { LiveLink, silenceLimit } from './link.ts';
import { OrderIntake } from './order-intake.ts';
import { OrderStore } from './order-store.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import type { LiveClientOptions, LiveCounters, LiveState } from './state.ts';

/**
 * Keeps an OrderStore equal to what the server holds: connects first, which tells its position in the stream of events;
 * reads a snapshot by REST and holds back the events that come meanwhile; applies both by version; and after a lost link
 * asks for the events since its position.
 */
export class LiveClient {
  readonly store: OrderStore;
  readonly counters: LiveCounters = { applied: 0, ignored: 0, skipped: 0, merged: 0, snapshots: 0, connections: 0 };
  readonly #options: LiveClientOptions;
  readonly #now: () => number;
  readonly #link: LiveLink;
  readonly #snapshots: SnapshotReader;
  readonly #intake: OrderIntake;
  #state: LiveState = { phase: 'idle' };
  /** Everything up to here was received. */
  #received: Position | null = null;
  /** Whether the store holds everything that was received. */
  #synced = false;
  /** The position at which the snapshot became due. */
  #snapshotFrom: string | null = null;
  readonly #freshness = new LinkFreshness();

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
    this.#intake = new OrderIntake({
      store: this.store,
      counters: this.counters,
      confirm: options.confirm,
      onOrders: options.onOrders,
      onSnapshotNeeded: () => {
        if (this.#received) this.#resync(formatPosition(this.#received));
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

  /** The position up to which the store holds everything; null while it may lack something. */
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

  /** To be called when the network may be back, or the page is visible again: tries at once instead of after a delay. */
  wake(): void {
    this.#link.wake();
  }

  /** To be called when the network is known to be gone: gives the link up without waiting until it was silent for long. */
  suspect(): void {
    this.#link.suspect();
  }

  /** Sends a message to the server; does nothing while there is no connection that can send. */
  send(message: ClientMessage): void {
    this.#link.send(message);
  }

  /** Takes in orders that a page has read by REST. Versions older than those in the store are ignored. */
  put(orders: readonly Order[]): void {
    this.#intake.put(orders);
  }

  #receiveFrame(text: unknown): void {
    const messages = readFrame(text);
    if (!messages) {
      // What the frame said is unknown, so that the position is, too: only a snapshot can follow.
      this.#synced = false;
      return this.#link.lose();
    }
    for (const message of messages) {
      this.#options.onMessage?.(message);
      this.#receive(message);
    }
    this.#intake.emit();
    this.#snapshots.readIfDue();
    this.#intake.confirm();
  }

  #receive(message: ServerMessage): void {
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
        this.#advance(message.seq);
        return this.#intake.event(message.data);
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
      default:
        // A message that only a newer gateway sends does not come this far: `readFrame` leaves it out.
        message satisfies never;
    }
  }

  /** A heartbeat's position is one up to which the gateway has sent everything on this connection. */
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

  /** The link may be dead, so that changes do not arrive. The next heartbeat disproves it, or the link is given up. */
  #doubtLink(): void {
    if (this.#state.phase === 'live') this.#setState(this.#freshness.stale);
  }

  #advance(seq: number): void {
    if (this.#received && seq > this.#received.seq) this.#received = { ...this.#received, seq };
  }

  /** The store may lack changes up to `position`: a snapshot is due, after a random part of `spread` ms. */
  #resync(position: string, spread = 0): void {
    // `welcome` and a `resync` that follows it name the same position: one snapshot answers both.
    if (this.#intake.isHolding && this.#snapshotFrom === position) return this.#snapshots.spread(spread);
    this.#cutReading();
    this.#synced = false;
    this.#received = parsePosition(position);
    this.#snapshotFrom = position;
    this.#intake.hold();
    this.#snapshots.ask(spread);
    if (this.#state.phase !== 'connecting') this.#setState({ phase: 'resyncing', since: this.#behindSince() });
  }

  #applySnapshot(orders: readonly Order[]): void {
    this.counters.snapshots += 1;
    this.#intake.snapshot(orders);
    this.#synced = this.#received !== null;
    this.#intake.emit();
    this.#setState(this.#freshness.state);
    this.#intake.confirm();
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
    // What was not confirmed was received, but is not in the store.
    if (this.#intake.cut()) this.#synced = false;
  }

  /** Since when the store may lack changes, in ms. */
  #behindSince(): number {
    return 'since' in this.#state ? this.#state.since : (this.lastMessageAt ?? this.#now());
  }

  #setState(state: LiveState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
