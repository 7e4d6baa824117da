import {
  announceMs,
  presenceAnnouncement,
  type PresenceAnnouncement,
  presenceChannel,
} from '@live-orders/contracts/redis/presence.ts';
import type { PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import { pause } from '@live-orders/runtime/process/backoff.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Task } from '@live-orders/runtime/process/run.ts';
import type { Redis } from 'ioredis';
import { encode } from '../fanout/audience.ts';
import type { Client } from '../fanout/client.ts';
import type { Hub } from '../fanout/hub.ts';
import { Presence } from './presence.ts';

/** Changes that come closer together than this are told together. */
const gatherMs = 250;
/** How often gateways that have fallen silent are looked for. */
const expireMs = 1_000;

/**
 * Tells the team who is at which order, at this gateway and at the others. Gateways announce their own people to each other
 * over a Redis channel, which stores nothing.
 */
export class PresenceChannel implements Task {
  readonly name = 'presence';
  readonly #gateway = crypto.randomUUID();
  readonly #presence = new Presence(() => performance.now());
  readonly #hub: Hub;
  readonly #redis: Redis;
  readonly #subscription: Redis;
  readonly #channel: string;
  readonly #log: Log;
  #gathering: NodeJS.Timeout | undefined;
  /** Whether the next announcement has to be full: another gateway asked for everything, or it is time for that. */
  #isFullDue = false;

  /** `subscription` is a connection to Redis of its own. */
  constructor(options: { hub: Hub; redis: Redis; subscription: Redis; prefix: string; log: Log }) {
    this.#hub = options.hub;
    this.#redis = options.redis;
    this.#subscription = options.subscription;
    this.#channel = `${options.prefix}${presenceChannel}`;
    this.#log = options.log;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#subscription.on('message', (_channel: string, text: string) => this.#hear(text));
    // After an outage as well: what the others announced meanwhile is lost, so they are asked for everything.
    this.#subscription.on('ready', () => void this.#subscribe());
    if (this.#subscription.status === 'ready') void this.#subscribe();
    for (let fullAt = performance.now() + announceMs; !signal.aborted;) {
      await pause(expireMs, signal);
      this.#presence.expire();
      if (performance.now() >= fullAt) {
        fullAt += announceMs;
        this.#isFullDue = true;
      }
      this.#tell();
    }
    clearTimeout(this.#gathering);
    await this.#announce({ event: 'bye', gateway: this.#gateway });
  }

  /** Takes in at which order a client says it is. What customers say is passed over. */
  look(client: Client, { order_id, doing }: Extract<ClientMessage, { event: 'look' }>): void {
    if (!isStaff(client.identity.role)) return;
    if (order_id === null) this.#presence.leave(client);
    else this.#presence.look(client, order_id, client.identity, doing);
    this.#gather();
  }

  leave(client: Client): void {
    this.#presence.leave(client);
    this.#gather();
  }

  /** Tells a client of the team that has just been welcomed who is where. */
  sendTo(client: Client): void {
    const orders = this.#presence.told;
    if (orders.length > 0 && isStaff(client.identity.role)) this.#hub.tell(client, this.#message(orders));
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscription.subscribe(this.#channel);
    } catch (error) {
      this.#log.debug({ err: error }, 'subscribing to presence waits for redis');
      return;
    }
    await this.#announce({ event: 'hello', gateway: this.#gateway });
  }

  #hear(text: string): void {
    try {
      const announcement = presenceAnnouncement.parse(JSON.parse(text));
      if (announcement.gateway === this.#gateway) return;
      if (announcement.event === 'hello') this.#isFullDue = true;
      this.#presence.hear(announcement);
      this.#gather();
    } catch (error) {
      this.#log.debug({ err: error }, 'reading an announcement of presence failed, so it is passed over');
    }
  }

  /** Tells of changes soon, together with those that come until then. */
  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#tell(), gatherMs);
  }

  /** Tells the clients and the other gateways what has changed for each. */
  #tell(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const news = this.#presence.takeForClients();
    this.#hub.announce(
      news.map((order) => ({
        to: 'team',
        text: encode(this.#message([order])),
        subject: `presence:${order.order_id}`,
        terminal: false,
      })),
    );
    const changed = this.#presence.takeForGateways();
    const full = this.#isFullDue;
    this.#isFullDue = false;
    const orders = full ? this.#presence.here : changed;
    if (full || orders.length > 0) {
      void this.#announce({ event: 'present', gateway: this.#gateway, full, orders });
    }
  }

  #message(orders: PresentOrder[]) {
    return { event: 'presence' as const, seq: this.#hub.position.seq, data: { orders } };
  }

  /** Tells the other gateways. What is lost while Redis is away, the next full announcement makes up for. */
  async #announce(announcement: PresenceAnnouncement): Promise<void> {
    try {
      await this.#redis.publish(this.#channel, JSON.stringify(announcement));
    } catch (error) {
      this.#log.debug({ err: error }, 'announcing presence to the other gateways failed');
    }
  }
}
