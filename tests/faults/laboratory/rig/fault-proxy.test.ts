import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '@live-orders/local/process/ports.ts';
import { FaultProxy } from './fault-proxy.ts';

let server: Server;
let port: number;
let accepted: Socket[];
let proxy: FaultProxy;
const clients: Socket[] = [];

const dial = (): Socket => {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  clients.push(socket);
  return socket;
};

/** Resolves once the socket is closed, for whatever reason. */
const gone = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

/** What comes back for `said`, by a server that says the same. */
const echo = async (socket: Socket, said: string): Promise<string> => {
  let heard = '';
  const listen = (data: Buffer): void => void (heard += data.toString());
  socket.on('data', listen);
  socket.write(said);
  await vi.waitFor(() => expect(heard).toHaveLength(said.length), { timeout: 20_000 });
  socket.off('data', listen);
  return heard;
};

beforeEach(async () => {
  accepted = [];
  port = await freePort();
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.open('test', [port]);
});

afterEach(async () => {
  for (const socket of [...clients.splice(0), ...accepted]) socket.destroy();
  await proxy.close();
  server.close();
});

describe('a wire', () => {
  test('carries everything both ways, and the end too', async () => {
    const socket = dial();
    const said = 'x'.repeat(300_000);
    socket.end(said);
    expect(await text(socket)).toBe(said);
    await vi.waitFor(() => expect(proxy.size).toBe(0), { timeout: 20_000 });
  });

  test('takes targets in turn, and passes over one that refuses', async () => {
    await proxy.close();
    proxy = await FaultProxy.open('test', [await freePort(), port]);
    expect(await echo(dial(), 'one')).toBe('one');
    expect(await echo(dial(), 'two')).toBe('two');
  });

  test('resets a client when no target is there', async () => {
    await proxy.close();
    proxy = await FaultProxy.open('test', [await freePort()]);
    await gone(dial());
    expect(accepted).toEqual([]);
  });
});

describe('a bad wire', () => {
  test('is slow to answer', async () => {
    const socket = dial();
    proxy.set({ latency: 100 });
    const began = performance.now();
    await echo(socket, 'hello');
    expect(performance.now() - began).toBeGreaterThan(195);
  });

  test('carries few bytes a second', async () => {
    const socket = dial();
    proxy.set({ bytesPerSecond: 20_000 });
    const began = performance.now();
    await echo(socket, 'x'.repeat(4_000));
    expect(performance.now() - began).toBeGreaterThan(350);
  });

  test('cuts everything into pieces, and loses none', async () => {
    const socket = dial();
    const pieces: number[] = [];
    socket.on('data', (data: Buffer) => pieces.push(data.length));
    proxy.set({ slice: 3, latency: 2 });
    expect(await echo(socket, 'abcdefghijkl')).toBe('abcdefghijkl');
    expect(Math.max(...pieces)).toBeLessThanOrEqual(3);
  });

  test('resets both ends', async () => {
    const socket = dial();
    await echo(socket, 'hello');
    proxy.reset();
    await gone(socket);
    await vi.waitFor(() => expect(accepted[0]?.destroyed).toBe(true), { timeout: 20_000 });
  });
});

describe('a wire that went silent', () => {
  test('accepts, swallows, and closes nothing', async () => {
    const socket = dial();
    await echo(socket, 'before');
    proxy.set({ silent: ['up', 'down'] });
    const heard = vi.fn();
    socket.on('data', heard);
    socket.write('lost');
    const another = dial();
    another.write('lost too');
    await vi.waitFor(() => expect(proxy.swallowed).toBe('lostlost too'.length), { timeout: 20_000 });
    expect(heard).not.toHaveBeenCalled();
    expect([socket.destroyed, another.destroyed, accepted[0]?.destroyed]).toEqual([false, false, false]);
  });

  test('in one direction still carries the other', async () => {
    const socket = dial();
    await echo(socket, 'before');
    proxy.set({ silent: ['up'] });
    const heard: string[] = [];
    socket.on('data', (data: Buffer) => heard.push(data.toString()));
    socket.write('lost');
    accepted[0]?.write('from the other end');
    await vi.waitFor(() => expect(heard).toEqual(['from the other end']), { timeout: 20_000 });
  });

  test('works again for new connections, and resets whoever sends on an old one, and nobody else', async () => {
    const socket = dial();
    await echo(socket, 'before');
    proxy.set({ silent: ['up', 'down'] });
    proxy.heal();
    expect(await echo(dial(), 'after')).toBe('after');
    socket.write('is anybody there?');
    await gone(socket);
    expect(accepted[0]?.destroyed).toBe(false);
  });
});
