/**
 * A topic that never has a record. In the Kafka transaction of each batch the relay also commits an offset of a consumer
 * group on this topic, with a note beside it of the outbox rows in the batch: the next relay reads there what was sent.
 */
export const relayTopic = 'relay.batches';
