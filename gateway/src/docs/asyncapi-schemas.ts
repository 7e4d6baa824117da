import { actor } from '@live-orders/contracts/domain/actor.ts';
import { eventCatalogue, type EventType, eventTypes } from '@live-orders/contracts/domain/events.ts';
import { eventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { deadLetterHeaders } from '@live-orders/contracts/kafka/dead-letters.ts';
import { streamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { order, orderItem } from '@live-orders/contracts/domain/orders.ts';
import { product } from '@live-orders/contracts/domain/products.ts';
import { clientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { serverMessage } from '@live-orders/contracts/socket/messages.ts';
import { account } from '@live-orders/contracts/domain/users.ts';
import { z } from 'zod';

/** Where the document holds the schema of this name. */
export const schemaReference = (name: string): string => `#/components/schemas/${name}`;

/**
 * The JSON Schemas (draft 7, which AsyncAPI 3 builds on) of named zod schemas, as a reader of messages needs them: members
 * that it does not know are allowed, and a member that has a default may be missing.
 */
const toSchemas = (named: Record<string, z.ZodType>) => {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    target: 'draft-7',
    io: 'input',
    uri: schemaReference,
    override: ({ jsonSchema }) => {
      if ('example' in jsonSchema) jsonSchema.examples = [jsonSchema.example];
      delete jsonSchema.example;
      // A format such as `uuid` says enough; the regular expression beside it is how zod itself checks the format.
      if (jsonSchema.format) delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _id, $schema: _dialect, ...schema }]) => [name, schema]),
  );
};

const headersOf = (type: EventType) => eventHeaders.extend({ ce_type: z.literal(type) });

/** One schema for each event of the socket; an event that has several shapes is their union. */
const socketSchemas = Object.fromEntries(
  [...Map.groupBy([...serverMessage.options, ...clientMessage.options], ({ shape }): string => shape.event.value)].map(
    ([event, shapes]) => [event, shapes.length === 1 ? shapes[0] : z.union(shapes)] as const,
  ),
);

/** Every schema of the document, by the name under which it is referred to. */
export const schemas = toSchemas({
  Order: order,
  OrderItem: orderItem,
  Product: product,
  Account: account,
  Actor: actor,
  StreamLag: streamLag,
  ...Object.fromEntries(eventTypes.map((type) => [type, eventCatalogue[type].value])),
  ...Object.fromEntries(eventTypes.map((type) => [`${type}.headers`, headersOf(type)])),
  'dead_letter.headers': deadLetterHeaders.extend(eventHeaders.partial().shape),
  ...socketSchemas,
});
