import { z } from 'zod';
import { timestamp, uuid } from './fields.ts';
import { order } from './orders.ts';
import { orderStatus } from './order-status.ts';
import { product } from './products.ts';
import { account } from './users.ts';
import { actor } from './actor.ts';
import { type Aggregate, aggregates } from '../kafka/topics.ts';

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
