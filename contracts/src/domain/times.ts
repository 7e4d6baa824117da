import { z } from 'zod';
import { timestamp } from './fields.ts';

/** When the change passed each stage: outbox, Kafka, bridge; the gateway adds its own. */
export const times = z.object({
  committed: timestamp,
  /** Missing in messages of an older bridge. */
  produced: timestamp.optional(),
  bridged: timestamp,
  sent: timestamp.optional(),
});
