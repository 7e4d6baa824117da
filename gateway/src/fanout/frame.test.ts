import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { expect, test } from 'vitest';
import { Frame } from './frame.ts';

/** Around each length from which on a header has another form. */
const lengths = [2, 125, 126, 127, 65_535, 65_536, 300_000];
const textOf = (length: number): string => JSON.stringify('é'.padEnd(length - 5, 'x'));

test('a WebSocket reads every frame as the messages that were put into it, whatever their length', async () => {
  const server = new WebSocketServer({ port: 0 });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const frames = lengths.map((length) => new Frame(length < 6 ? [] : [textOf(length)], null));
  server.on('connection', (_socket, request) => {
    for (const frame of frames) request.socket.write(frame.webSocket);
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const texts: string[] = [];
  socket.on('message', (data: Buffer) => texts.push(data.toString()));
  while (texts.length < frames.length) await once(socket, 'message');
  expect(texts.map((text) => Buffer.byteLength(text))).toEqual(lengths);
  expect(texts).toEqual(frames.map(({ json }) => json));
  socket.terminate();
  server.close();
});
