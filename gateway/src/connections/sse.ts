import { closeCodes, type CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import { type AuthEnv, type Identity } from '@live-orders/runtime/http/auth.ts';
import { bearer, problems } from '@live-orders/runtime/api/openapi.ts';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encode } from '../fanout/audience.ts';
import type { Client } from '../fanout/client.ts';
import { Frame } from '../fanout/frame.ts';
import type { Hub } from '../fanout/hub.ts';
import { outgoingOf } from '../http/outgoing.ts';
import type { Admission, Start } from './admission.ts';
import { Lease } from './lease.ts';

/** How long a client may take for what it has yet to be sent once its stream has ended; then the connection is dropped. */
const closeMs = 2_000;

const routeWith = ({ guard }: Admission) =>
  createRoute({
    middleware: guard,
    method: 'get',
    path: '/live/events',
    operationId: 'followEvents',
    summary: 'The live stream as server-sent events',
    description:
      'For places where WebSockets are blocked: the messages of `GET /ws`, in the same frames. The id of an event is the ' +
      'position up to which everything has been sent; the last message is `bye`.',
    tags: ['live'],
    security: [...bearer([]), {}],
    request: {
      query: z.object({
        ticket: z.string().optional().meta({ description: 'From `POST /live/ticket`, instead of a token' }),
        since: z.string().optional().meta({ description: 'The position to go on from', example: '01a2048c:974' }),
      }),
      headers: z.object({
        'last-event-id': z.string().optional().meta({ description: 'Likewise; wins over `since`' }),
      }),
    },
    responses: {
      200: {
        description: 'A stream of events, each a JSON array of messages',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      ...problems(401, 403, 422),
    },
  });

/** Registers `GET /live/events`. */
export const registerServerSentEvents = (
  app: OpenAPIHono<AuthEnv>,
  { hub, admission, countClose }: Pick<Connection, 'hub' | 'admission' | 'countClose'>,
): void => {
  const route = routeWith(admission);
  app.openapi(route, async (c) => {
    const { identity } = c.var;
    // Hono answers HEAD with the handler of GET; a stream would stay open, and nobody would read it.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    const start = await admission.start(c, c.req.header('last-event-id') ?? c.req.query('since'));
    const outgoing = outgoingOf(c.env);
    const stream = openStream({ identity, start, hub, admission, countClose, terminate: () => outgoing.destroy() });
    return c.body(stream, 200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would gather events until its buffer is full.
      'x-accel-buffering': 'no',
    });
  });
  // Who may not call this address is told so first, and only then that it has no such method.
  app.all(route.path, admission.guard, (c) => c.notFound());
};

interface Connection {
  identity: Identity;
  start: Start;
  hub: Hub;
  admission: Admission;
  /** Is called for each connection that the gateway closes. */
  countClose: (reason: CloseReason) => void;
  /** Drops the connection, with whatever it has yet to send. */
  terminate: () => void;
}

const openStream = ({
  identity,
  start,
  hub,
  admission,
  countClose,
  terminate,
}: Connection): ReadableStream<Uint8Array> => {
  let leave = (): void => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let open = true;
        const client: Client = {
          identity,
          backlog: () => -(controller.desiredSize ?? 0),
          send(frame) {
            if (open) controller.enqueue(frame.serverSentEvent);
          },
          close(reason) {
            if (!open) return;
            countClose(reason);
            // Without an id, which would claim events as received that were not sent yet.
            controller.enqueue(new Frame([encode(byeOf(reason, hub.position.seq))], null).serverSentEvent);
            controller.close();
            setTimeout(terminate, closeMs).unref();
            leave();
          },
        };
        leave = () => {
          open = false;
          lease.end();
          hub.leave(client);
        };
        const lease = new Lease(client, hub);
        void admission.enter(client, start, () => !open);
      },
      cancel: () => leave(),
    },
    // With a mark of 0, the desired size is minus the bytes that are enqueued and not yet taken by the connection.
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  );
};

const byeOf = (reason: CloseReason, seq: number) => {
  const { code, reconnect } = closeCodes[reason];
  return { event: 'bye' as const, seq, data: { code, reason, reconnect } };
};
