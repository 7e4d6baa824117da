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
import type { Hub } from '../fanout/hub.ts';
import { Presence } from './presence.ts';
import type { Client } from '../fanout/audience-group.ts';

/** Changes that come closer together than this are told together. */
const gatherMs = 250;
/** How often it is looked for gateways that have fallen silent. */
const lookMs = 1_000;

/** Tells the team who is at which order, here and at the other gateways, over a Redis channel that stores nothing. */
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
  #isAsked = false;

  /** `subscription` is a connection of its own. */
  constructor(plan: { hub: Hub; redis: Redis; subscription: Redis; prefix: string; log: Log }) {
    this.#hub = plan.hub;
    this.#redis = plan.redis;
    this.#subscription = plan.subscription;
    this.#channel = `${plan.prefix}${presenceChannel}`;
    this.#log = plan.log;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#subscription.on('message', (_channel: string, text: string) => this.#hear(text));
    // Also after an outage: what the others said meanwhile is lost.
    this.#subscription.on('ready', () => void this.#subscribe());
    if (this.#subscription.status === 'ready') void this.#subscribe();
    for (let wholeAt = performance.now() + announceMs; !signal.aborted;) {
      await pause(lookMs, signal);
      this.#presence.expire();
      if (performance.now() >= wholeAt) {
        wholeAt += announceMs;
        this.#isAsked = true;
      }
      this.#tell();
    }
    clearTimeout(this.#gathering);
    await this.#announce({ event: 'bye', gateway: this.#gateway });
  }

  /** What a client says of itself. Customers are not asked. */
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

  /** Tells a client that has just been welcomed who is where. */
  greet(client: Client): void {
    const orders = this.#presence.told;
    if (orders.length > 0 && isStaff(client.identity.role)) this.#hub.tell(client, this.#message(orders));
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscription.subscribe(this.#channel);
    } catch (error) {
      this.#log.debug({ err: error }, 'subscribing to presence is waiting for redis');
      return;
    }
    await this.#announce({ event: 'hello', gateway: this.#gateway });
  }

  #hear(text: string): void {
    try {
      const announcement = presenceAnnouncement.parse(JSON.parse(text));
      if (announcement.gateway === this.#gateway) return;
      if (announcement.event === 'hello') this.#isAsked = true;
      this.#presence.hear(announcement);
      this.#gather();
    } catch (error) {
      this.#log.debug({ err: error }, 'an unreadable announcement of presence is passed over');
    }
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#tell(), gatherMs);
  }

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
    const full = this.#isAsked;
    this.#isAsked = false;
    const orders = full ? this.#presence.here : changed;
    if (full || orders.length > 0) {
      void this.#announce({ event: 'present', gateway: this.#gateway, full, orders });
    }
  }

  #message(orders: PresentOrder[]) {
    return { event: 'presence' as const, seq: this.#hub.position.seq, data: { orders } };
  }

  /** Lost while Redis is away; the next full announcement makes up for it. */
  async #announce(announcement: PresenceAnnouncement): Promise<void> {
    try {
      await this.#redis.publish(this.#channel, JSON.stringify(announcement));
    } catch (error) {
      this.#log.debug({ err: error }, 'an announcement of presence was lost');
    }
  }
}
