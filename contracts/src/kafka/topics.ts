/**
 * Never has a record. In the offset of its own group on this topic each relay notes, in the transaction of a batch,
 * which rows the batch was, so that its successor knows.
 */
export const relayTopic = 'relay.batches';
