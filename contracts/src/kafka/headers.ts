import { z } from 'zod';
import { timestamp, uuid } from '../domain/fields.ts';

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
