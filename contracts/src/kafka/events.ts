import { z } from 'zod';
import { timestamp, uuid } from '../domain/fields.ts';
import { order, orderStatus } from '../rest/orders.ts';
import { product } from '../rest/products.ts';
import { account, role } from '../rest/users.ts';

/** Topics by aggregate; records are keyed by the aggregate's id. A deployment may put a prefix before the names. */
export const topics = { order: 'orders.v1', product: 'products.v1', user: 'users.v1' } as const;
export type Aggregate = keyof typeof topics;
export const aggregates = ['order', 'product', 'user'] as const satisfies readonly Aggregate[];

/** Where the bridge puts a record that it cannot read, or whose message would be too large. */
export const deadLetterTopic = 'bridge.dlq';

/** What a dead letter has besides its own headers: where it was, and why it could not be carried. */
export const deadLetterHeaders = z.object({
  dlq_topic: z.string(),
  dlq_partition: z.string().meta({ example: '2' }),
  dlq_offset: z.string().meta({ example: '1741' }),
  dlq_reason: z.string().meta({ example: 'the value is not JSON' }),
});
export type DeadLetterHeaders = z.infer<typeof deadLetterHeaders>;

/** On a record that was replayed: the offset of its dead letter. */
export const replayHeader = 'dlq_replay';

/**
 * Never has a record. In the offset of its own group on this topic each relay notes, in the transaction of a batch,
 * which rows the batch was, so that its successor knows.
 */
export const relayTopic = 'relay.batches';

/** Who caused a change; null for the system itself. */
export const actor = z.object({ id: uuid, name: z.string(), role }).meta({ id: 'Actor' });
export type Actor = z.infer<typeof actor>;

const orderEventValue = order.extend({ previous_status: orderStatus.nullable(), actor: actor.nullable() });
const productEventValue = product.extend({ actor: actor.nullable() });
const revocation = z.object({
  id: uuid.meta({ description: 'The user' }),
  session_id: uuid.nullable().meta({ description: 'null: every session of the user' }),
  reason: z.enum(['logout', 'deactivated', 'role_changed', 'password_changed', 'token_reuse']),
});

/**
 * The record values by event type. A value carries the whole aggregate after the change, so that a consumer needs no
 * other source. Consumers ignore members and types that they don't know.
 */
export const eventValues = {
  'order.created': orderEventValue,
  'order.status_changed': orderEventValue,
  'order.updated': orderEventValue,
  'product.created': productEventValue,
  'product.updated': productEventValue,
  'product.stock_changed': productEventValue,
  'user.registered': account,
  'user.updated': account,
  'user.session_revoked': revocation,
} as const;
export type EventType = keyof typeof eventValues;
export type EventValue<T extends EventType> = z.infer<(typeof eventValues)[T]>;

export const isEventType = (type: string): type is EventType => Object.hasOwn(eventValues, type);

/** The aggregate that an event type speaks of; it decides topic and key. */
export const aggregateOf = (type: EventType): Aggregate => {
  const [name] = type.split('.');
  const found = aggregates.find((aggregate) => aggregate === name);
  if (!found) throw new TypeError(`event type ${type} names no aggregate`);
  return found;
};

/** CloudEvents 1.0 attributes, as Kafka headers in binary content mode (`ce_…`), all UTF-8 text. */
export const eventHeaders = z.object({
  ce_id: uuid,
  ce_type: z.string(),
  ce_source: z.string(),
  ce_subject: z.string(),
  ce_time: timestamp,
  ce_specversion: z.literal('1.0'),
  'content-type': z.literal('application/json'),
});
export type EventHeaders = z.infer<typeof eventHeaders>;
