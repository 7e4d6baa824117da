import type { EventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { replayHeader } from '@live-orders/contracts/kafka/dead-letters.ts';
import { z } from 'zod';
import type { IHeaders } from '../kafka/client.ts';
import type { OutgoingRecord } from '../kafka/outgoing-record.ts';

/** A row of an outbox as the relay reads it; `value` is the event's JSON text, which goes to Kafka as it is. */
export const outboxRow = z.object({
  id: z.string(),
  event_id: z.string(),
  type: z.string(),
  topic: z.string(),
  key: z.string(),
  value: z.string(),
  created_at: z.date(),
  request_id: z.string().nullable(),
  traceparent: z.string().nullable(),
});
export type OutboxRow = z.infer<typeof outboxRow>;

/** The Kafka record of a row, with the attributes of CloudEvents 1.0 in its headers. */
export const toRecord = (row: OutboxRow, source: string, topicPrefix: string): OutgoingRecord => ({
  topic: `${topicPrefix}${row.topic}`,
  key: row.key,
  value: row.value,
  headers: {
    ce_id: row.event_id,
    ce_type: row.type,
    ce_source: source,
    ce_subject: row.key,
    ce_time: row.created_at.toISOString(),
    ce_specversion: '1.0',
    'content-type': 'application/json',
    ...(row.request_id === null ? {} : { ce_requestid: row.request_id }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  } satisfies EventHeaders,
});

/** Of the values, in characters. Kafka takes 1 MiB of one partition at once, and headers come on top; a batch it refuses goes row by row. */
const batchBytes = 512 * 1024;

/** As many of the first rows as fit into one batch, at least one. */
export const nextBatch = (rows: OutboxRow[]): OutboxRow[] => {
  let bytes = 0;
  const light = rows.findIndex((row) => (bytes += row.value.length) > batchBytes);
  return light === -1 ? rows : rows.slice(0, Math.max(1, light));
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The `event_id` of the row that a record was; null when it was none, or when a dead letter was sent again as this record. */
export const eventIdOf = ({ ce_id, [replayHeader]: replayed }: IHeaders): string | null => {
  const id = String(ce_id);
  return replayed === undefined && uuid.test(id) ? id : null;
};
