import { z } from 'zod';
import { timestamp, uuid } from '../domain/fields.ts';

/**
 * CloudEvents 1.0 attributes, as Kafka headers in binary content mode (`ce_…`), all UTF-8 text. Two more say which request
 * made the change; records of release 0.1, and those of changes that no request made, are without them.
 */
export const eventHeaders = z.object({
  ce_id: uuid,
  ce_type: z.string(),
  ce_source: z.string(),
  ce_subject: z.string(),
  ce_time: timestamp,
  ce_specversion: z.literal('1.0'),
  'content-type': z.literal('application/json'),
  /** An extension attribute of ours. */
  ce_requestid: z.string().optional(),
  /** By the name under which tracing tools look for it (W3C Trace Context). */
  traceparent: z.string().optional(),
});
export type EventHeaders = z.infer<typeof eventHeaders>;
