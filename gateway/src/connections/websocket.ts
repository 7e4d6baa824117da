import type { Server } from 'node:http';
import { createNodeWebSocket } from '@hono/node-ws';
import { clientFrameBytes } from '@live-orders/contracts/socket/client-messages.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { outlivingRequest } from '@live-orders/runtime/process/request-context.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';
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
      return {
        onOpen: (_event, { raw }) => {
          if (!raw) return;
          outlivingRequest(() => new SocketClient(raw, connection, identity, options).attend(start));
          forgetRequest(raw);
        },
      };
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

/**
 * Takes off the listeners that node-ws adds right after `onOpen`. They have nothing to do here, and keep the request, its context
 * and its answer for as long as the socket is open.
 */
const forgetRequest = (socket: WebSocket): void => {
  const ours = new Set(socket.eventNames().flatMap((name) => socket.listeners(name)));
  const isOther = (one: unknown): one is () => void => typeof one === 'function' && !ours.has(one);
  queueMicrotask(() => {
    for (const name of socket.eventNames())
      for (const listener of socket.listeners(name).filter(isOther)) socket.off(name, listener);
  });
};
