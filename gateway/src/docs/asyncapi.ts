import { type Aggregate, aggregateNames, aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { eventTypesOf } from '@live-orders/contracts/domain/events.ts';
import { deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import { clientFrameBytes } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes } from '@live-orders/contracts/socket/close-codes.ts';
import { ticketSeconds } from '@live-orders/contracts/socket/tickets.ts';
import { clientSummaries, messageReferences, messages, reference, serverSummaries } from './asyncapi-messages.ts';
import { schemas } from './asyncapi-schemas.ts';

const kafka = [reference('#/servers/kafka')];

const topicChannel = (aggregate: Aggregate) => ({
  address: aggregates[aggregate].topic,
  title: `Changes of ${aggregate}s`,
  description:
    'Each event is in the topic once, for consumers that read what is committed, and in the order of `version` per key. ' +
    'A consumer that was interrupted, or an aggregate that is sent again on purpose, makes a record come once more: ' +
    'ignore what is not newer than the `version` that you hold. A value is the whole aggregate after the change. ' +
    'Ignore members and types that you don’t know; a breaking change makes a new topic.',
  servers: kafka,
  messages: messageReferences(eventTypesOf(aggregate)),
  bindings: { kafka: { topic: aggregates[aggregate].topic } },
});

const closeTable = Object.entries(closeCodes)
  .map(([name, { code, reconnect, text }]) => `- ${code} \`${name}\`: ${text}. Come back: ${reconnect ? 'yes' : 'no'}`)
  .join('\n');

/** A socket has close codes; only server-sent events need a message for them. */
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
          ticket: {
            type: 'string',
            description: `From \`POST /live/ticket\`: good once and for ${ticketSeconds} seconds`,
          },
          since: { type: 'string', description: 'The position to go on from, `epoch:seq`' },
        },
      },
    },
  },
};

/** The same messages for places where WebSockets are blocked; `bye` stands for the close codes, which it lacks. */
const eventChannel = {
  address: '/live/events',
  title: 'The live stream as server-sent events',
  description:
    'Each event is a JSON array of messages; its id is the position up to which everything has been sent, for ' +
    '`Last-Event-ID`. Nothing can be said to the gateway here.',
  servers: [reference('#/servers/gateway_http')],
  messages: messageReferences(Object.keys(serverSummaries)),
};

const operation = (action: 'send' | 'receive', channel: string, summary: string, names: readonly string[]) => ({
  action,
  channel: reference(`#/channels/${channel}`),
  summary,
  messages: names.map((name) => reference(`#/channels/${channel}/messages/${name}`)),
});

/** A browser comes with a ticket, everybody else with an access token. */
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
      description:
        'CloudEvents 1.0 in binary mode, large batches compressed with zstd. A deployment may put a prefix before topics',
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
