import { z } from 'zod';

/** Where the bridge puts a record that it cannot read, or whose message would be too large. */
export const deadLetterTopic = 'bridge.dlq';

/** Where a replay notes, in the transaction of each dead letter that it sends again, which ones it has tried. */
export const replaysTopic = 'bridge.dlq.replays';

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
