import { actor } from '@live-orders/contracts/domain/actor.ts';
import { type Aggregate, aggregateNames, aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { eventCatalogue, type EventType, eventTypes, eventTypesOf } from '@live-orders/contracts/domain/events.ts';
import { eventHeaders } from '@live-orders/contracts/kafka/headers.ts';
import { deadLetterHeaders, deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import { streamLag } from '@live-orders/contracts/domain/stream-lag.ts';
import { order, orderItem } from '@live-orders/contracts/domain/orders.ts';
import { product } from '@live-orders/contracts/domain/products.ts';
import { type ClientMessage, clientFrameBytes, clientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes } from '@live-orders/contracts/socket/close-codes.ts';
import { serverMessage, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { account } from '@live-orders/contracts/domain/users.ts';
import { z } from 'zod';

const serverSummaries: Record<ServerMessage['event'], string> = {
  welcome: 'The first message: the position, and whether everything after `since` follows',
  new_order: 'An order was placed',
  order_status_update: 'An order moved to another status',
  order_update: 'An order changed in something other than its status',
  product_update: 'A product changed, its stock for example',
  user_update: 'An account changed; to administrators',
  resync: 'The stream goes on at this position; read the REST snapshot again',
  skipped: 'To a client that read too slowly: how many events were left out for later states of the same things',
  expiring: 'The token’s life is about to end, and the connection with it, unless it is renewed',
  renewed: 'The connection may stay until this time',
  move: 'The gateway stops: go on listening for so long, then connect anew',
  bye: 'The last of server-sent events: the close code that a socket would have got',
  heartbeat: 'Every 5 s: the position, and whether the stream is live',
  presence: 'To staff and administrators: everybody who is at these orders now',
  pong: 'The answer to a ping, after everything that came before it',
};

const clientSummaries: Record<ClientMessage['event'], string> = {
  ping: 'Asks for a pong; answered once a second at most',
  look: 'The order that a member of the team is at, or none; customers’ are passed over',
  renew: 'Shows a new ticket or token of the same user, so that the connection may stay',
};

const schemaReference = (name: string): string => `#/components/schemas/${name}`;

/** JSON Schema (draft 7) of a reader: it takes members that it doesn't know, and those that a default would fill. */
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
      // The format says it; the pattern beside it is for zod's own use.
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

/** A message may come in several shapes. */
const socketSchemas = Object.fromEntries(
  [...Map.groupBy([...serverMessage.options, ...clientMessage.options], ({ shape }): string => shape.event.value)].map(
    ([event, shapes]) => [event, shapes.length === 1 ? shapes[0] : z.union(shapes)] as const,
  ),
);

const schemas = toSchemas({
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

const reference = ($ref: string) => ({ $ref });
const message = (name: string, summary: string) => ({
  name,
  summary,
  contentType: 'application/json',
  payload: reference(schemaReference(name)),
});

const messages = {
  ...Object.fromEntries(
    eventTypes.map((type) => [
      type,
      {
        ...message(type, eventCatalogue[type].summary),
        headers: reference(schemaReference(`${type}.headers`)),
        bindings: {
          kafka: { key: { type: 'string', format: 'uuid', description: `The ${eventCatalogue[type].aggregate}’s id` } },
        },
      },
    ]),
  ),
  dead_letter: {
    name: 'dead_letter',
    summary: 'A record that the bridge could not read, as it was, with headers that say whence and why',
    contentType: 'application/octet-stream',
    headers: reference(schemaReference('dead_letter.headers')),
    payload: { description: 'The bytes of the record, whatever they are' },
  },
  ...Object.fromEntries(
    Object.entries({ ...serverSummaries, ...clientSummaries }).map(([name, summary]) => [name, message(name, summary)]),
  ),
};

const messageReferences = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, reference(`#/components/messages/${name}`)]));

const kafka = [reference('#/servers/kafka')];
const topicChannel = (aggregate: Aggregate) => ({
  address: aggregates[aggregate].topic,
  title: `Changes of ${aggregate}s`,
  description:
    'At least once, in the order of `version` per key. A value is the whole aggregate after the change. Ignore ' +
    'members and types that you don’t know; a breaking change makes a new topic.',
  servers: kafka,
  messages: messageReferences(eventTypesOf(aggregate)),
  bindings: { kafka: { topic: aggregates[aggregate].topic } },
});

const closeTable = Object.entries(closeCodes)
  .map(([name, { code, reconnect, text }]) => `- ${code} \`${name}\`: ${text}. Come back: ${reconnect ? 'yes' : 'no'}`)
  .join('\n');

const socketEvents = Object.keys(serverSummaries).filter((event) => event !== 'bye');

const socketChannel = {
  address: '/ws',
  title: 'The live stream',
  description:
    'Each text frame of the gateway is a JSON array of messages; a client sends one message per frame, of ' +
    `${clientFrameBytes} bytes at most. Ignore events and members that you don’t know. ` +
    'A close frame has one of these codes, and its word as the reason, which is missing where a frame was refused ' +
    `before it was read:\n\n${closeTable}`,
  servers: [reference('#/servers/gateway')],
  messages: messageReferences([...socketEvents, ...Object.keys(clientSummaries)]),
  bindings: {
    ws: {
      method: 'GET',
      query: {
        type: 'object',
        properties: {
          ticket: { type: 'string', description: 'From `POST /live/ticket`: good once and for 30 seconds' },
          since: { type: 'string', description: 'The position to go on from, `epoch:seq`' },
        },
      },
    },
  },
};

/** The same for places where WebSockets are blocked; it has no close codes, and a `bye` instead. */
const eventChannel = {
  address: '/live/events',
  title: 'The live stream as server-sent events',
  description:
    'Each event is a JSON array of messages; its id is the position up to which everything has been sent, for ' +
    '`Last-Event-ID`. Nothing can be said to the gateway here.',
  servers: [reference('#/servers/gateway_http')],
  messages: messageReferences(Object.keys(serverSummaries)),
};

const channelReference = (id: string) => reference(`#/channels/${id}`);
const operation = (action: 'send' | 'receive', channel: string, summary: string, names: readonly string[]) => ({
  action,
  channel: channelReference(channel),
  summary,
  messages: names.map((name) => reference(`#/channels/${channel}/messages/${name}`)),
});

/** A ticket lets browsers in, an access token everybody else. */
const access = [reference('#/components/securitySchemes/ticket'), reference('#/components/securitySchemes/bearer')];

/** The AsyncAPI 3 document of what the system sends and takes: its Kafka topics and its socket. */
export const asyncApiDocument = {
  asyncapi: '3.0.0',
  info: {
    title: 'Live Order Monitoring: events and the live stream',
    version: '1.0.0',
    description: 'Seen from the system: it *sends* to the topics and to the sockets, and *receives* from the sockets.',
    license: { name: 'MIT' },
  },
  defaultContentType: 'application/json',
  servers: {
    kafka: {
      host: 'localhost:9092',
      protocol: 'kafka',
      description: 'CloudEvents 1.0 in binary mode, compressed with zstd. A deployment may put a prefix before topics',
    },
    gateway: { host: 'localhost:3000', protocol: 'ws', security: access },
    gateway_http: { host: 'localhost:3000', protocol: 'http', security: access },
  },
  channels: {
    ...Object.fromEntries(aggregateNames.map((aggregate) => [aggregates[aggregate].topic, topicChannel(aggregate)])),
    [deadLetterTopic]: {
      address: deadLetterTopic,
      title: 'What the bridge could not read',
      servers: kafka,
      messages: messageReferences(['dead_letter']),
    },
    live: socketChannel,
    live_events: eventChannel,
  },
  operations: {
    ...Object.fromEntries(
      aggregateNames.map((aggregate) => [
        `send_${aggregate}_events`,
        operation('send', aggregates[aggregate].topic, `Tells every committed change of ${aggregate}s`, [
          ...eventTypesOf(aggregate),
        ]),
      ]),
    ),
    send_dead_letters: operation('send', deadLetterTopic, 'Sets a record aside; those after it flow on', [
      'dead_letter',
    ]),
    send_live_messages: operation('send', 'live', 'Tells a client what it may see, as it happens', socketEvents),
    send_live_events: operation('send', 'live_events', 'The same as server-sent events', Object.keys(serverSummaries)),
    receive_client_messages: operation('receive', 'live', 'Takes what a client says', Object.keys(clientSummaries)),
  },
  components: {
    messages,
    schemas,
    securitySchemes: {
      ticket: { type: 'httpApiKey', name: 'ticket', in: 'query', description: 'From `POST /live/ticket`' },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The `access_token` of a login' },
    },
  },
};
