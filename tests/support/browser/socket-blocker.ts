import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { z } from 'zod';

/**
 * A proxy before a gateway that passes requests on as they come and refuses WebSockets, as some company networks do; if
 * told to, also server-sent events.
 */
export class SocketBlocker {
  /** The address to which requests are passed on. */
  target = '';
  url = '';
  /** Upgrades that were refused. */
  refused = 0;
  /** Whether it cuts off server-sent events, too. */
  cutsEvents = false;
  /** Server-sent events that are open. */
  streams = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const isStream = method === 'GET' && (url ?? '').startsWith('/live/events');
      if (isStream && this.cutsEvents) return void outgoing.destroy();
      if (isStream) {
        this.streams += 1;
        outgoing.on('close', () => (this.streams -= 1));
      }
      const onward = request(new URL(url ?? '/', this.target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      });
      onward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    this.#server.on('upgrade', (_request, socket) => {
      this.refused += 1;
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  }

  static async open(): Promise<SocketBlocker> {
    const front = new SocketBlocker();
    front.#server.listen(0, '127.0.0.1');
    await once(front.#server, 'listening');
    front.url = `http://127.0.0.1:${z.object({ port: z.int() }).parse(front.#server.address()).port}`;
    return front;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
