import {
  aggregateOf,
  eventHeaders,
  type EventType,
  type EventValue,
  eventValues,
  isEventType,
} from '@live-orders/contracts/domain/events.ts';
import { channels, messageBytes, redisEvents } from '@live-orders/contracts/redis/messages.ts';
import type { IHeaders } from '@live-orders/runtime/kafka/client.ts';
import { z } from 'zod';
import type { Revocation } from './publisher.ts';

/** What a Kafka record becomes: a message, nothing (a type that is not ours), or the reason why it cannot be carried. */
export type Translation =
  | { kind: 'message'; channel: string; text: string; revocation: Revocation | null }
  | { kind: 'ignored'; type: string }
  | { kind: 'dead'; reason: string };

const dead = (reason: string): Translation => ({ kind: 'dead', reason });

const readHeaders = (headers: IHeaders | undefined) =>
  eventHeaders.safeParse(
    Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, value?.toString()])),
  );

const readJson = (value: Buffer | null): unknown => {
  if (!value) return undefined;
  try {
    return JSON.parse(value.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isOrderValue = (value: EventValue<EventType>): value is EventValue<'order.created'> => 'previous_status' in value;

/**
 * Turns a record of the product's topics into the message for Redis: its channel, and its JSON text without the closing
 * brace. `bridgedAt` is RFC 3339, the record's timestamp ms since the epoch.
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
  const value = eventValues[type].safeParse(json);
  if (!value.success) return dead(`value: ${z.prettifyError(value.error)}`);
  const message = {
    event: redisEvents[type],
    ...dataOf(value.data),
    times: {
      committed: headers.data.ce_time,
      produced: new Date(Number(record.timestamp)).toISOString(),
      bridged: bridgedAt,
    },
  };
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  if (bytes > messageBytes) return dead(`size: the message has ${bytes} bytes, ${messageBytes} are the most`);
  const revocation = message.event === 'session_revoked' ? revocationOf(message) : null;
  return {
    kind: 'message',
    channel: channels[aggregateOf(type)],
    text: text.slice(0, -1),
    revocation,
  };
};

/** As the gateways read it: `at` is ms since the epoch. */
const revocationOf = ({ data, times }: { data: object; times: { committed: string } }): Revocation => ({
  member: JSON.stringify(data),
  at: Date.parse(times.committed),
});

/** The aggregate as `data`; what the event adds to it stands beside. */
const dataOf = (value: EventValue<EventType>) => {
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
