import { createHash } from 'node:crypto';
import type { EventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { z } from 'zod';
import type { OutgoingRecord } from '../kafka/batch-producer.ts';

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

/**
 * A note that says which rows a batch was: `<digest> <id>,<id>,…`. The digest of their event ids tells them from rows
 * of another database that have the same ids.
 */
export const noteOf = (rows: OutboxRow[]): string => {
  const digest = createHash('md5')
    .update(rows.map((row) => row.event_id).join())
    .digest('hex');
  return `${digest} ${rows.map((row) => row.id).join()}`;
};

/** The digest and the ids of a note; null when there is no note, or one that is none of ours. */
export const readNote = (note: string | null): { digest: string; ids: string[] } | null => {
  const [digest, ids] = note?.split(' ') ?? [];
  return digest && ids ? { digest, ids: ids.split(',') } : null;
};
