import { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';

const bindings = z.object({ outgoing: z.instanceof(ServerResponse) });

/** Node's response behind a request (`c.env`), for whoever has to drop the connection instead of ending an answer. */
export const outgoingOf = (env: unknown): ServerResponse => bindings.parse(env).outgoing;

/** Whether a request (`c.env`) asked Node for an upgrade and is answered on its bare connection, without a response of Node's. */
export const isUpgrade = (env: unknown): boolean => !bindings.safeParse(env).success;

const upgrading = z.object({ incoming: z.instanceof(IncomingMessage) });

/** The connection of a request (`c.env`) that asked Node for an upgrade. */
export const connectionOf = (env: unknown) => upgrading.parse(env).incoming.socket;

/** What closes once a request (`c.env`) is answered in full; of an upgrade the connection, which becomes the WebSocket's. */
export const closingOf = (env: unknown) => bindings.safeParse(env).data?.outgoing ?? connectionOf(env);
