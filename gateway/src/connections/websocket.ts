import type { Server } from 'node:http';
import { createNodeWebSocket } from '@hono/node-ws';
import { clientFrameBytes } from '@live-orders/contracts/socket/client-messages.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { connectionOf, isUpgrade } from '../http/outgoing.ts';
import { SocketClient, type SocketClientOptions } from './socket-client.ts';
import { appForUpgrades, guardUpgrades } from './upgrades.ts';

/** Of so many parts a message may be made at most: parts cost as much to read as messages, and are not counted. */
const mostFragments = 16;

const noHandshake = (): ProblemError =>
  new ProblemError('malformed_request', 'This address speaks WebSocket; send an upgrade request of version 13.');

/** Registers `GET /ws`. Call the function that it returns with the raw server, before that takes requests. */
export const registerWebSocket = (
  app: OpenAPIHono<AuthEnv>,
  options: SocketClientOptions,
): ((server: Server) => void) => {
  const { admission, log } = options;
  const { injectWebSocket, upgradeWebSocket, wss } = createNodeWebSocket({ app: appForUpgrades(app) });
  // ws would answer every ping, however many come: the client's budget of frames decides.
  Object.assign(wss.options, { maxPayload: clientFrameBytes, maxFragments: mostFragments, autoPong: false });

  app.get(
    '/ws',
    admission.guard,
    // node-ws would take any request with `Upgrade: websocket` for one that becomes a socket. Without `Connection: upgrade` it
    // never does: node-ws answered it with an empty 200, and remembered it for ever.
    (c, next) => {
      if (isUpgrade(c.env)) return next();
      throw noHandshake();
    },
    upgradeWebSocket(async (c: Context<AuthEnv>) => {
      const { identity } = c.var;
      const start = await admission.start(c);
      const connection = connectionOf(c.env);
      return { onOpen: (_event, { raw }) => raw && new SocketClient(raw, connection, identity, options).attend(start) };
    }),
    () => {
      throw noHandshake();
    },
  );

  return (server) => {
    injectWebSocket(server);
    guardUpgrades(server, log);
  };
};
