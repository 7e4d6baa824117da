import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { formatPosition, type Position } from '@live-orders/contracts/socket/position.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { readFrame } from '../transport/frame.ts';
import { LinkFreshness, type Heartbeat } from './freshness.ts';
import { LiveLink, silenceLimit } from './link.ts';
import { OrderIntake } from './order-intake.ts';
import { OrderStore } from './order-store.ts';
import { Progress } from './progress.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import type { LiveClientOptions, LiveCounters, LiveState, Way } from './state.ts';
import { withDefaults } from './defaults.ts';

/**
 * Keeps an OrderStore equal to what the server holds: connects first, which tells its position in the stream of events;
 * reads a snapshot by REST and holds back the events that come meanwhile; applies both by version; and after a lost link
 * asks for the events since its position. Where nothing leads to the stream, it reads snapshots until something does.
 */
export class LiveClient {
  readonly store: OrderStore;
  readonly counters: LiveCounters = { applied: 0, ignored: 0, skipped: 0, merged: 0, snapshots: 0, connections: 0 };
  readonly #options: ReturnType<typeof withDefaults>;
  readonly #link: LiveLink;
  readonly #snapshots: SnapshotReader;
  readonly #intake: OrderIntake;
  #state: LiveState = { phase: 'idle' };
  readonly #progress = new Progress();
  readonly #freshness = new LinkFreshness();

  constructor(given: LiveClientOptions) {
    const options = withDefaults(given);
    this.#options = options;
    this.store = options.store ?? new OrderStore();
    this.#snapshots = new SnapshotReader({
      ...options,
      read: options.snapshot,
      onRead: (orders) => this.#applySnapshot(orders),
      onPolled: (orders, asOf, isFirst) => this.#applyPoll(orders, asOf, isFirst),
      onFailed: () => (this.#snapshots.isPolling ? this.#setReconnecting() : this.#setResyncing()),
      onSessionEnded: () => this.#end('session_ended'),
    });
    this.#intake = new OrderIntake({
      ...options,
      store: this.store,
      counters: this.counters,
      onSnapshotNeeded: () => {
        if (this.#progress.received !== null) this.#resync(this.#progress.received);
        this.#snapshots.readIfDue();
      },
    });
    this.#link = new LiveLink({
      ...options,
      since: () => this.position && formatPosition(this.position),
      onText: (text) => this.#receiveFrame(text),
      onSilence: () => {
        // The link may be dead, so that changes do not arrive. The next heartbeat disproves it, or the link is given up.
        if (this.#state.phase === 'live') this.#setState(this.#freshness.stale);
      },
      onAttempt: () => {
        if (this.#state.phase === 'reconnecting') this.#setReconnecting();
      },
      onLost: () => this.#lost(),
      onEnded: (reason) => this.#end(reason),
    });
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The position up to which the store holds everything; null while it may lack something. */
  get position(): Position | null {
    return this.#progress.position;
  }

  /** How changes come at the moment; null while they do not. */
  get way(): Way | null {
    return this.#state.phase === 'polling' ? 'polling' : this.#link.way;
  }

  get lastMessageAt(): number | null {
    return this.#link.lastTextAt;
  }

  start(): void {
    if (this.#state.phase !== 'idle' && this.#state.phase !== 'ended') return;
    this.#setState({ phase: 'connecting' });
    this.#link.start();
    if (this.#link.isHopeless) this.#snapshots.poll();
  }

  stop(): void {
    this.#end('stopped');
  }

  /** To be called when the network may be back, or the page is visible again: tries at once instead of after a delay. */
  wake(): void {
    this.#link.wake();
    this.#snapshots.hurry();
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
    this.#snapshots.outdate();
  }

  #receiveFrame(text: unknown): void {
    const messages = readFrame(text);
    if (!messages) {
      // What the frame said is unknown, so that the position is, too: only a snapshot can follow.
      this.#progress.lack();
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
        this.#freshness.begin(message.data.server_time, this.#options.now());
        this.#link.beat();
        this.#snapshots.cut();
        if (message.data.recovered && this.position) return this.#setState({ phase: 'live' });
        return this.#resync(message.data.position);
      case 'resync':
        return this.#resync(message.data.position, message.data.spread_ms);
      case 'heartbeat':
        return this.#beat(message.data);
      case 'new_order':
      case 'order_status_update':
      case 'order_update':
        this.#progress.advance(message.seq);
        return this.#intake.event(message.data);
      case 'product_update':
      case 'user_update':
        return this.#progress.advance(message.seq);
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
    if (!this.#progress.reach(heartbeat.position)) return this.#resync(heartbeat.position);
    if (this.#freshness.hear(heartbeat, this.#options.now()) > silenceLimit) return this.#link.lose(0);
    this.#link.beat();
    const { phase } = this.#state;
    if (phase === 'stale' || (phase === 'live' && this.#freshness.state.phase === 'stale'))
      this.#setState(this.#freshness.state);
  }

  /** The store may lack changes up to `position`: a snapshot is due, after a random part of `spread` ms. */
  #resync(position: string, spread = 0): void {
    // `welcome` and a `resync` that follows it name the same position: one snapshot answers both.
    if (this.#intake.isHolding && this.#progress.begunAt === position) return this.#snapshots.spread(spread);
    this.#cutReading();
    this.#progress.restart(position);
    this.#intake.hold();
    this.#snapshots.ask(spread);
    if (this.#state.phase !== 'connecting') this.#setResyncing();
  }

  #applySnapshot(orders: readonly Order[]): void {
    this.#intake.snapshot(orders);
    this.#progress.settle();
    this.#intake.emit();
    this.#setState(this.#freshness.state);
    this.#intake.confirm();
  }

  /** A poll changes nothing of the position: what came since is asked for all the same, once that is possible. */
  #applyPoll(orders: readonly Order[], asOf: number, isFirst: boolean): void {
    this.#intake[isFirst ? 'snapshot' : 'poll'](orders);
    this.#intake.emit();
    this.#setState({ phase: 'polling', since: asOf });
  }

  #lost(): void {
    // As long as polls succeed, they are what is shown.
    if (this.#state.phase === 'polling') return;
    if (!this.#snapshots.isPolling) this.#cutReading();
    this.#setReconnecting();
    if (this.#link.isHopeless) this.#snapshots.poll();
  }

  #setReconnecting(): void {
    this.#setState({ phase: 'reconnecting', since: this.#behindSince, ...this.#link.retry });
  }

  #setResyncing(): void {
    this.#setState({ phase: 'resyncing', since: this.#behindSince, events: this.#progress.missed });
  }

  #end(reason: 'session_ended' | 'refused' | 'stopped'): void {
    this.#cutReading();
    this.#link.stop();
    this.#setState({ phase: 'ended', reason });
  }

  #cutReading(): void {
    this.#snapshots.cut();
    // What was not confirmed was received, but is not in the store.
    if (this.#intake.cut()) this.#progress.lack();
  }

  /** Since when the store may lack changes, in ms. */
  get #behindSince(): number {
    return 'since' in this.#state ? this.#state.since : (this.lastMessageAt ?? this.#options.now());
  }

  #setState(state: LiveState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
