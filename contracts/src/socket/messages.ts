import { z } from 'zod';
import { actor, type EventType } from '../kafka/events.ts';
import { behind, streamLag } from '../rest/health.ts';
import { timestamp, uuid } from '../domain/fields.ts';
import { order, orderStatus } from '../rest/orders.ts';
import { look, presence } from './presence.ts';
import { product } from '../rest/products.ts';
import { account, role } from '../rest/users.ts';

/** Redis channels. All share one `seq`, which the bridge gives; a deployment may put a prefix before the names. */
export const channels = { order: 'order_events', product: 'product_events', user: 'user_events' } as const;

/** The most bytes that one message on Redis may have; what would be larger becomes a dead letter. */
export const messageBytes = 256 * 1024;

/** When the change passed each stage: outbox, Kafka, bridge; the gateway adds its own. */
export const times = z.object({
  committed: timestamp,
  /** Missing in messages of an older bridge. */
  produced: timestamp.optional(),
  bridged: timestamp,
  sent: timestamp.optional(),
});

const published = {
  seq: z.int().positive(),
  epoch: z.string(),
  times,
};
const orderPublication = {
  ...published,
  data: order,
  previous_status: orderStatus.nullable(),
  actor: actor.nullable(),
};
const revocation = z.object({ id: uuid, session_id: uuid.nullable(), reason: z.string() });

/** What the bridge publishes on Redis: a closed union by `event`. */
export const redisMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('order_created'), ...orderPublication }),
  z.object({ event: z.literal('order_status_updated'), ...orderPublication }),
  z.object({ event: z.literal('order_updated'), ...orderPublication }),
  z.object({ event: z.literal('product_updated'), ...published, data: product }),
  z.object({ event: z.literal('user_updated'), ...published, data: account }),
  z.object({ event: z.literal('session_revoked'), ...published, data: revocation }),
]);
export type RedisMessage = z.infer<typeof redisMessage>;

/** The Redis event of each Kafka event type. */
export const redisEvents: Readonly<Record<EventType, RedisMessage['event']>> = {
  'order.created': 'order_created',
  'order.status_changed': 'order_status_updated',
  'order.updated': 'order_updated',
  'product.created': 'product_updated',
  'product.updated': 'product_updated',
  'product.stock_changed': 'product_updated',
  'user.registered': 'user_updated',
  'user.updated': 'user_updated',
  'user.session_revoked': 'session_revoked',
};

const orderMessage = {
  seq: z.int(),
  data: order,
  previous_status: orderStatus.nullable(),
  /** Staff only; a customer is not told who moved the order. */
  actor: actor.nullable().optional(),
  times,
};

/** Why a client has to read the REST snapshot again. */
export const resyncReasons = ['history_lost', 'new_epoch', 'gap', 'unknown_position'] as const;

const expiry = z.object({ expires_at: timestamp });

/**
 * One message of the stream. A text frame is a JSON array of these. Unknown events are to be ignored. `seq` is the place in
 * the stream that the message belongs to; a client's position follows changes and heartbeats alone.
 */
export const serverMessage = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('welcome'),
    seq: z.int(),
    data: z.object({
      position: z.string(),
      recovered: z.boolean(),
      /** Where the events after `since` came from: the gateway's memory or Redis' log; null when nothing was replayed. */
      source: z.enum(['memory', 'log']).nullable(),
      heartbeat_ms: z.int(),
      server_time: timestamp,
      role,
      /** When the token's life ends, and the connection with it unless it is renewed. */
      expires_at: timestamp,
    }),
  }),
  z.object({ event: z.literal('new_order'), ...orderMessage }),
  z.object({ event: z.literal('order_status_update'), ...orderMessage }),
  z.object({ event: z.literal('order_update'), ...orderMessage }),
  z.object({ event: z.literal('product_update'), seq: z.int(), data: product, times }),
  z.object({ event: z.literal('user_update'), seq: z.int(), data: account, times }),
  z.object({
    event: z.literal('resync'),
    seq: z.int(),
    data: z.object({
      position: z.string(),
      reason: z.enum(resyncReasons),
      /** Wait a random part of this before reading the snapshot: so many others were told the same. */
      spread_ms: z.int(),
    }),
  }),
  /** To a client that read too slowly: so many events were left out, each followed by a later state of the same thing. */
  z.object({ event: z.literal('skipped'), seq: z.int(), data: z.object({ count: z.int().positive() }) }),
  z.object({ event: z.literal('expiring'), seq: z.int(), data: expiry }),
  z.object({ event: z.literal('renewed'), seq: z.int(), data: expiry }),
  /** The gateway stops: go on listening for `after_ms`, then connect anew with the position reached by then. */
  z.object({ event: z.literal('move'), seq: z.int(), data: z.object({ after_ms: z.int().nonnegative() }) }),
  /** The last message of server-sent events, which have no close codes. */
  z.object({
    event: z.literal('bye'),
    seq: z.int(),
    data: z.object({ code: z.int(), reason: z.string(), reconnect: z.boolean() }),
  }),
  z.object({
    event: z.literal('heartbeat'),
    seq: z.int(),
    data: z.object({
      position: z.string(),
      server_time: timestamp,
      /** False while what clients show may be old. Gateways of before say neither where nor how far. */
      live: z.boolean(),
      behind: behind.optional(),
      lag: streamLag.optional(),
      /** What was committed until then is known to have come; null as long as nothing is known. */
      fresh_at: timestamp.nullable().optional(),
    }),
  }),
  /** To staff and administrators: who is at these orders now. No part of the stream: it is never replayed. */
  presence,
  z.object({ event: z.literal('pong'), seq: z.int() }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;
export const serverFrame = z.array(serverMessage);

/** What a client may send: a JSON object, at most 8 KiB. */
export const clientMessage = z.union([
  z.object({ event: z.literal('ping') }),
  /** Which order a member of the team is at. The last one holds until the next, or until the socket closes. */
  look,
  /** A new ticket or access token of the same user, so that the connection outlives the one that it began with. */
  z.object({ event: z.literal('renew'), ticket: z.string() }),
  z.object({ event: z.literal('renew'), token: z.string() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;
export const clientFrameBytes = 8 * 1024;

/**
 * Close codes of the socket, by the word that the close frame has as its reason. `reconnect` says whether a client should come
 * back by itself.
 */
export const closeCodes = {
  going_away: { code: 1012, reconnect: true, text: 'the gateway restarts' },
  unreadable: { code: 1007, reconnect: false, text: 'a client frame could not be read' },
  too_big: { code: 1009, reconnect: false, text: 'a client frame was over 8 KiB' },
  token_expired: { code: 4001, reconnect: true, text: 'the access token’s life ended: renew it, then reconnect' },
  session_ended: { code: 4002, reconnect: false, text: 'the session ended: log in again' },
  slow: { code: 4008, reconnect: true, text: 'the client reads too slowly' },
} as const;
export type CloseReason = keyof typeof closeCodes;

/** Whether a client should reconnect after this close code; codes that we don't give (1006, …) are lost links: yes. */
export const shouldReconnect = (code: number): boolean =>
  Object.values(closeCodes).find((known) => known.code === code)?.reconnect ?? true;

/** A place in the stream: the life of the log and the last message seen in it. */
export interface Position {
  epoch: string;
  seq: number;
}
export const formatPosition = ({ epoch, seq }: Position): string => `${epoch}:${seq}`;

/** Reads `epoch:seq`; null when it is none. */
export const parsePosition = (text: string): Position | null => {
  const match = /^([A-Za-z0-9-]{1,64}):(\d{1,15})$/.exec(text);
  return match?.[1] && match[2] ? { epoch: match[1], seq: Number(match[2]) } : null;
};

/** Answer of `POST /live/ticket`: good for one upgrade, `expires_in` seconds long. */
export const ticket = z
  .object({ ticket: z.string(), expires_in: z.int().meta({ example: 30 }) })
  .meta({ id: 'Ticket' });
export const ticketSeconds = 30;
