import { z } from 'zod';
import { actor } from '../domain/actor.ts';
import { behind, streamLag } from '../domain/stream-lag.ts';
import { timestamp } from '../domain/fields.ts';
import { order } from '../domain/orders.ts';
import { orderStatus } from '../domain/order-status.ts';
import { presence } from './presence.ts';
import { product } from '../domain/products.ts';
import { account, role } from '../domain/users.ts';
import { times } from '../domain/times.ts';

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
 * One message of the stream. A text frame is a JSON array of these. Clients ignore events that they don't know. `seq` is
 * the message's place in the stream; a client takes its position from changes and heartbeats only.
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
  /** To a client that read too slowly: so many events were left out, because a later one tells the state of the same order, product or user. */
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
      /** False while what clients show may be out of date. Older gateways send neither `behind` nor `lag`. */
      live: z.boolean(),
      behind: behind.optional(),
      lag: streamLag.optional(),
      /** Everything committed before this time is known to have reached the gateway; null as long as nothing is known. */
      fresh_at: timestamp.nullable().optional(),
    }),
  }),
  /** To staff and administrators: who is at these orders now. It is not kept in the stream, and never replayed. */
  presence,
  z.object({ event: z.literal('pong'), seq: z.int() }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;
export const serverFrame = z.array(serverMessage);
