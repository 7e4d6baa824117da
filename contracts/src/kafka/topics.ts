/** Topics by aggregate; records are keyed by the aggregate's id. A deployment may put a prefix before the names. */
export const topics = { order: 'orders.v1', product: 'products.v1', user: 'users.v1' } as const;
export type Aggregate = keyof typeof topics;
export const aggregates = ['order', 'product', 'user'] as const satisfies readonly Aggregate[];

/**
 * Never has a record. In the offset of its own group on this topic each relay notes, in the transaction of a batch,
 * which rows the batch was, so that its successor knows.
 */
export const relayTopic = 'relay.batches';
