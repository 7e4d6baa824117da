import { eventCatalogue, eventTypes } from '@live-orders/contracts/domain/events.ts';
import type { ClientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import type { ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import { schemaReference } from './asyncapi-schemas.ts';

/** What the gateway tells its clients. */
export const serverSummaries: Record<ServerMessage['event'], string> = {
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

/** What clients tell the gateway. */
export const clientSummaries: Record<ClientMessage['event'], string> = {
  ping: 'Asks for a pong; answered once a second at most',
  look: 'The order that a member of the team is at, or none; customers’ are passed over',
  renew: 'Shows a new ticket or token of the same user, so that the connection may stay',
};

/** A reference to another place of the document. */
export const reference = ($ref: string) => ({ $ref });

const message = (name: string, summary: string) => ({
  name,
  summary,
  contentType: 'application/json',
  payload: reference(schemaReference(name)),
});

/** Every message of the document by its name: Kafka events, dead letters, and what is said over the socket. */
export const messages = {
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

/** The messages of a channel, by their names. */
export const messageReferences = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, reference(`#/components/messages/${name}`)]));
