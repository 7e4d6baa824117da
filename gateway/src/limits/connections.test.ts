import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { limitConnections } from './connections.ts';

let server: Server;
const open: Socket[] = [];

beforeEach(() => {
  server = createServer((_request, response) => response.end('served'));
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  server.close();
});

const listen = async (trusted: string, mostInAll: number): Promise<void> => {
  limitConnections(server, new Callers(readProxies(trusted)), mostInAll, 3);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
};

/** Opens a connection from an address of this machine, and says whether it is served there. */
const isServed = async (localAddress = '127.0.0.1'): Promise<boolean> => {
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  open.push(socket);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return new Promise((resolve) => socket.once('data', () => resolve(true)).once('close', () => resolve(false)));
};

test('an address has so many connections at most, others have theirs, and one that closes makes room', async () => {
  await listen('', 100);
  expect([await isServed(), await isServed(), await isServed()]).toEqual([true, true, true]);
  expect([await isServed(), await isServed('127.0.0.2')]).toEqual([false, true]);
  const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  await isServed('127.0.0.2');
  open.at(-1)?.destroy();
  await closed;
  expect([await isServed('127.0.0.2'), await isServed('127.0.0.2'), await isServed('127.0.0.2')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('a trusted proxy has any number, up to what the server has in all', async () => {
  await listen('loopback', 5);
  const served: boolean[] = [];
  for (let n = 0; n < 6; n += 1) served.push(await isServed());
  expect(served).toEqual([true, true, true, true, true, false]);
});
