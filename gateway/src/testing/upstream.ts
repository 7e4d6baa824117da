import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from '../http/upstream.ts';

/** Begins an answer to `/api/held` and never ends it, so that it keeps its connection; says whether it did. */
export const holds = (request: IncomingMessage, response: ServerResponse): boolean => {
  if (request.url !== '/api/held') return false;
  response.writeHead(200, { 'content-length': 2 }).write('x');
  return true;
};

/** Takes connections, all of those for users unless told how many, until the signal is aborted. */
export const take = async (connections: Connections, until: AbortSignal, count = 128): Promise<void> => {
  const held = { method: 'GET', path: '/api/held' } as const;
  await Promise.all(Array.from({ length: count }, () => connections.ask(held, until)));
};

/** Fills the queue of those who wait for a connection, once all are taken; resolves when all are answered. */
export const fillQueue = async (connections: Connections, until: AbortSignal): Promise<void> => {
  const waiting = { method: 'GET', path: '/api' } as const;
  const ask = async () => (await connections.ask(waiting, until)).body.dump();
  await Promise.all(Array.from({ length: 1_000 }, ask));
};
