import type { StreamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { LiveClient } from '../live/client.ts';
import type { LiveState, OrderChange, Way } from '../live/state.ts';
import { steadyNow } from '../ui/steady-clock.ts';
import { Gaps, type Gap } from './gaps.ts';
import { Latencies, type Latency } from './latencies.ts';

/** How the page is connected, and how fast changes come, as Svelte state. */
export class LinkHealth {
  readonly #latencies = new Latencies();
  readonly #gaps = new Gaps();
  #lag = $state.raw<StreamLag | null>(null);
  #latency = $state.raw<Latency | null>(null);
  #lastMessageAt = $state<number | null>(null);
  #way = $state<Way | null>(null);
  #gap = $state.raw<Gap | null>(null);

  /** How changes come at the moment; null while they do not. */
  get way(): Way | null {
    return this.#way;
  }

  get lastMessageAt(): number | null {
    return this.#lastMessageAt;
  }

  /** How far behind each stage was at the last heartbeat; null for who may not know, and before the first one. */
  get lag(): StreamLag | null {
    return this.#lag;
  }

  /** How long the latest changes took from the database to the gateway. */
  get latency(): Latency | null {
    return this.#latency;
  }

  /** The last time in which changes did not come, of those that are over; null as long as there was none. */
  get gap(): Gap | null {
    return this.#gap;
  }

  follow(state: LiveState): void {
    this.#gaps.follow(state, steadyNow());
  }

  add(changes: readonly OrderChange[]): void {
    this.#gaps.add(changes);
  }

  hear(message: ServerMessage): void {
    if (message.event === 'heartbeat') this.#lag = message.data.lag ?? null;
    if ('times' in message) this.#latencies.add(message.times);
  }

  publish(client: LiveClient): void {
    this.#lastMessageAt = client.lastMessageAt;
    this.#way = client.way;
    this.#latency = this.#latencies.summary;
    this.#gap = this.#gaps.take() ?? this.#gap;
  }
}
