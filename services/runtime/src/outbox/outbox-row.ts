import { createHash } from 'node:crypto';
import type { EventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { z } from 'zod';
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

/** The ids, those that follow each other as `<first>` or `<first>+<how many more>`. */
const runsOf = (rows: OutboxRow[]): string => {
  const runs: { first: bigint; rows: number }[] = [];
  for (const { id } of rows) {
    const last = runs.at(-1);
    if (last && last.first + BigInt(last.rows) === BigInt(id)) last.rows += 1;
    else runs.push({ first: BigInt(id), rows: 1 });
  }
  return runs.map((run) => `${run.first}${run.rows > 1 ? `+${run.rows - 1}` : ''}`).join();
};

const digestOf = (rows: OutboxRow[]): string =>
  createHash('md5')
    .update(rows.map((row) => row.event_id).join())
    .digest('hex');

/**
 * As many of the first rows as fit into one batch, at least one, with a note that says which they are: `<digest> <runs>`. The
 * digest of their event ids tells them from rows of another database that have the same ids.
 */
export const nextBatch = (rows: OutboxRow[]): { batch: OutboxRow[]; note: string } => {
  let bytes = 0;
  const light = rows.findIndex((row) => (bytes += row.value.length) > batchBytes);
  const batch = light === -1 ? rows : rows.slice(0, Math.max(1, light));
  return { batch, note: `${digestOf(batch)} ${runsOf(batch)}` };
};

/** The digest and the ids of a note; null when there is no note, or one that is none of ours. */
export const readNote = (note: string | null): { digest: string; ids: string[] } | null => {
  const [digest, runs] = note?.split(' ') ?? [];
  if (!digest || !runs) return null;
  const ids = runs.split(',').flatMap((run) => {
    const [first = '', more = '0'] = run.split('+');
    return Array.from({ length: Number(more) + 1 }, (_none, n) => String(BigInt(first) + BigInt(n)));
  });
  return { digest, ids };
};
