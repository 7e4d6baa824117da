import { ServerResponse } from 'node:http';
import { z } from 'zod';

const bindings = z.object({ outgoing: z.instanceof(ServerResponse) });

/** Node's response behind a request (`c.env`), for whoever has to drop the connection instead of ending an answer. */
export const outgoingOf = (env: unknown): ServerResponse => bindings.parse(env).outgoing;
