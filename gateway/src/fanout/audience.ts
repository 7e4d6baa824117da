import type { Event } from '@live-orders/contracts/domain/events.ts';
import { customerOrder } from '@live-orders/contracts/domain/orders.ts';
import { isFinal } from '@live-orders/contracts/domain/order-status.ts';
import type { RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';

/** Clients that are told the same: all administrators, all staff, or those of one customer. */
export type Audience = 'admin' | 'staff' | `customer:${string}`;

export const audienceOf = ({ role, id }: { role: Role; id: string }): Audience =>
  role === 'customer' ? `customer:${id}` : role;

/** A text and whom it is for. It is built once, and shared by every client that gets it. */
export interface Delivery {
  to: 'admin' | 'team' | 'everyone' | Audience;
  text: string;
  /** The thing whose state it tells, such as `order:<id>`: for a slow client a later text of the same thing replaces it. */
  subject: string;
  /** Whether it tells a change into a final status, which no later text replaces. */
  terminal: boolean;
}

const team = ['admin', 'staff'] as const satisfies Audience[];

/** Whom a delivery is for: everyone, or these. */
export const audiencesOf = ({ to }: Delivery): 'everyone' | readonly Audience[] =>
  to === 'everyone' ? to : to === 'team' ? team : [to];

type RedisEvent = RedisMessage['event'];

/** What clients know each message by; the compiler holds it against the contracts' table of events. */
const socketEvents: { readonly [E in RedisEvent]: Extract<Event, { redis: E }>['socket'] } = {
  order_created: 'new_order',
  order_status_updated: 'order_status_update',
  order_updated: 'order_update',
  product_updated: 'product_update',
  user_updated: 'user_update',
  session_revoked: null,
};

/**
 * What each audience is told of an event of the log; `sentAt` (RFC 3339) is when. A customer is told of own orders only, and
 * not who moved them.
 */
export const project = (message: RedisMessage, sentAt: string): Delivery[] => {
  const { seq } = message;
  const times = { ...message.times, sent: sentAt };
  switch (message.event) {
    case 'order_created':
    case 'order_status_updated':
    case 'order_updated': {
      const { data, previous_status, actor } = message;
      const told = { event: socketEvents[message.event], seq, data, previous_status, times };
      const about = {
        subject: `order:${data.id}`,
        terminal: message.event === 'order_status_updated' && isFinal(data.status),
      };
      return [
        { ...about, to: 'team', text: encode({ ...told, actor }) },
        { ...about, to: `customer:${data.customer_id}`, text: encode({ ...told, data: customerOrder(data) }) },
      ];
    }
    case 'product_updated': {
      const text = encode({ event: socketEvents.product_updated, seq, data: message.data, times });
      return [{ to: 'everyone', text, subject: `product:${message.data.id}`, terminal: false }];
    }
    case 'user_updated': {
      const text = encode({ event: socketEvents.user_updated, seq, data: message.data, times });
      return [{ to: 'admin', text, subject: `user:${message.data.id}`, terminal: false }];
    }
    case 'session_revoked':
      return [];
  }
};

/** One message as JSON text; frames join such texts. */
export const encode = (message: ServerMessage): string => JSON.stringify(message);
