/**
 * Topics that never have a record: who sends batches keeps notes beside the offsets of its consumer group on partition 0
 * of them. On `batches` it says which outbox rows the last batch had, committed in the Kafka transaction of that batch.
 * On `marks` it is a mark that a sender commits before it reads what was sent last.
 */
export const relayTopics = { batches: 'relay.batches', marks: 'relay.marks' } as const;
