import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { eventCatalogue, type EventType, type EventValue, isEventType } from '@live-orders/contracts/domain/events.ts';
import type { Revocation } from '@live-orders/contracts/domain/revocation.ts';
import { eventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { timed, type Timed } from '@live-orders/contracts/redis/keyspace.ts';
import { messageBytes, redisEventOf } from '@live-orders/contracts/redis/messages.ts';
import type { IHeaders } from '@live-orders/runtime/kafka/client.ts';
import { z } from 'zod';

/**
 * What a Kafka record becomes: a message, nothing at all (a type that this release does not know), or a dead letter with
 * the reason. `channel` is without the prefix of the deployment.
 */
export type Translation =
  | { kind: 'message'; channel: string; text: string; revocation: Timed<Revocation> | null }
  | { kind: 'ignored'; type: string }
  | { kind: 'dead'; reason: string };

const dead = (reason: string): Translation => ({ kind: 'dead', reason });

/** The headers that have to be there. The optional ones may hold any text, so there is nothing to be checked in them. */
const neededHeaders = eventHeaders.omit({ ce_requestid: true, traceparent: true });
const headerNames = Object.keys(neededHeaders.shape);

const readHeaders = (headers: IHeaders = {}) => {
  const texts: Record<string, string | undefined> = {};
  for (const name of headerNames) texts[name] = headers[name]?.toString();
  return neededHeaders.safeParse(texts);
};

/** The parsed value; undefined when there is none, or when it is not JSON. */
const readJson = (value: Buffer | null): unknown => {
  if (!value) return undefined;
  try {
    return JSON.parse(value.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** All events of orders have the same value, the one of `order.created`; no other event has a `previous_status`. */
const isOrderValue = (value: EventValue<EventType>): value is EventValue<'order.created'> => 'previous_status' in value;
const isRevocation = (value: EventValue<EventType>): value is Revocation => 'session_id' in value;

/**
 * Turns a record of one of our topics into the message for Redis: its channel, and its JSON text without the closing
 * brace, because `seq` and `epoch` follow in the script. `bridgedAt` is in RFC 3339, the record's `timestamp` in ms since
 * the epoch, as Kafka gives it.
 */
export const translate = (
  record: { headers?: IHeaders | undefined; value: Buffer | null; timestamp: string },
  bridgedAt: string,
): Translation => {
  const headers = readHeaders(record.headers);
  if (!headers.success) return dead(`headers: ${z.prettifyError(headers.error)}`);
  const type = headers.data.ce_type;
  if (!isEventType(type)) return { kind: 'ignored', type };
  const json = readJson(record.value);
  if (json === undefined) return dead('the value is not JSON');
  const value = eventCatalogue[type].value.safeParse(json);
  if (!value.success) return dead(`value: ${z.prettifyError(value.error)}`);
  const times = {
    committed: headers.data.ce_time,
    produced: new Date(Number(record.timestamp)).toISOString(),
    bridged: bridgedAt,
  };
  const text = JSON.stringify({ event: redisEventOf(type), ...membersOf(value.data), times });
  const bytes = Buffer.byteLength(text);
  if (bytes > messageBytes) return dead(`size: the message has ${bytes} bytes, ${messageBytes} are the most`);
  return {
    kind: 'message',
    channel: aggregates[eventCatalogue[type].aggregate].channel,
    text: text.slice(0, -1),
    revocation: isRevocation(value.data) ? timed({ data: value.data, times }) : null,
  };
};

/** The aggregate as `data`, and beside it what the event adds. Who made the change is passed on for orders only. */
const membersOf = (value: EventValue<EventType>) => {
  if (isOrderValue(value)) {
    const { previous_status, actor, ...data } = value;
    return { data, previous_status, actor };
  }
  if ('actor' in value) {
    const { actor: _actor, ...data } = value;
    return { data };
  }
  return { data: value };
};
