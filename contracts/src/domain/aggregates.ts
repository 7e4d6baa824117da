/**
 * Everything of which changes are told: orders, products and users. An aggregate has one topic on Kafka, whose records
 * are keyed by its id, and one channel on Redis; a deployment may put a prefix before either name. Its events
 * are written to one outbox, whose relay alone sends them to the topic; a dead letter that is sent again has a header that says so. Its event types are in `events.ts`.
 */
export const aggregates = {
  order: { topic: 'orders.v1', channel: 'order_events', outbox: 'orders_outbox' },
  product: { topic: 'products.v1', channel: 'product_events', outbox: 'orders_outbox' },
  user: { topic: 'users.v1', channel: 'user_events', outbox: 'users_outbox' },
} as const satisfies Record<string, { topic: string; channel: string; outbox: string }>;
export type Aggregate = keyof typeof aggregates;
export type OutboxTable = (typeof aggregates)[Aggregate]['outbox'];

export const aggregateNames = Object.keys(aggregates).filter((name): name is Aggregate => name in aggregates);
