/**
 * By outbox, the topic on which its relay notes which rows each batch had, in the Kafka transaction of that batch. Each has
 * one partition of its own, so that no relay waits for a transaction of another one.
 */
export const relayTopics = { orders_outbox: 'relay.orders_outbox', users_outbox: 'relay.users_outbox' } as const;
export type OutboxTable = keyof typeof relayTopics;

/** Where the notes were until release 0.1: beside the offset of the relay's group on partition 0 of this topic. */
export const formerNotesTopic = 'relay.batches';
