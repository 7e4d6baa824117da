import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@live-orders/local/process/ports.ts';

/** As seen from the one who connects. */
export type Direction = 'up' | 'down';

/** What happens to bytes on their way. */
export interface Weather {
  /** Milliseconds that every piece waits, each way. */
  latency: number;
  bytesPerSecond: number;
  /** The most bytes that travel in one piece. */
  slice: number;
  /** These directions carry nothing any more, and nobody is told: what is sent is gone. */
  silent: readonly Direction[];
}

const clear: Weather = { latency: 0, bytesPerSecond: Infinity, slice: Infinity, silent: [] };

/**
 * A wire between two ends, with faults. It accepts connections on a port of its own and forwards each to the first of
 * its targets, taken in turn, that accepts one: so that it also stands for the balancer before several replicas.
 */
export class FaultProxy {
  readonly name: string;
  readonly port: number;
  readonly #targets: readonly number[];
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #clients = new Set<Socket>();
  #weather = clear;
  #turn = 0;
  /** How many bytes were accepted and not passed on. */
  swallowed = 0;

  private constructor(name: string, port: number, targets: readonly number[]) {
    this.name = name;
    this.port = port;
    this.#targets = targets;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#accept(socket));
  }

  /** Listens on a free port of this machine. `targets` are ports of this machine too. */
  static async open(name: string, targets: readonly number[]): Promise<FaultProxy> {
    const proxy = new FaultProxy(name, await freePort(), targets);
    proxy.#server.listen(proxy.port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** How many connections there are now. */
  get size(): number {
    return this.#connections.size;
  }

  /** From now on, for the connections that are open and for new ones. */
  set(weather: Partial<Weather>): void {
    this.#weather = { ...clear, ...weather };
  }

  /** Ends all open connections as a machine does that has lost its power and is back: with a reset to both ends. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /**
   * A good wire again. Connections that lost bytes stay lost: whoever sends on one gets a reset, as from a firewall that
   * has forgotten it, and whoever only listens hears nothing, ever.
   */
  heal(): void {
    for (const connection of this.#connections) connection.forget();
    this.#weather = clear;
  }

  async close(): Promise<void> {
    this.reset();
    for (const client of this.#clients) client.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #accept(client: Socket): Promise<void> {
    // When the client is gone before the target is connected, the write below fails and closes both.
    client.on('error', () => undefined);
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    const server = await this.#dial();
    if (server === null || client.destroyed) {
      client.resetAndDestroy();
      server?.resetAndDestroy();
      return;
    }
    const connection = new Connection(client, server, {
      weather: () => this.#weather,
      onLoss: (bytes) => (this.swallowed += bytes),
    });
    this.#connections.add(connection);
    await connection.closed;
    this.#connections.delete(connection);
  }

  async #dial(): Promise<Socket | null> {
    this.#turn += 1;
    for (const index of this.#targets.keys()) {
      const port = this.#targets[(this.#turn + index) % this.#targets.length];
      if (port === undefined) break;
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      const connected = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.on('error', () => resolve(false));
      });
      if (connected) return socket;
    }
    return null;
  }
}

/** One forwarded connection. */
class Connection {
  readonly closed: Promise<unknown>;
  readonly #ends: Record<Direction, { from: Socket; to: Socket }>;
  readonly #weather: () => Weather;
  readonly #onLoss: (bytes: number) => void;
  /** Bytes were lost on it, so that it can never be continued. */
  #broken = false;
  #forgotten = false;

  constructor(
    client: Socket,
    server: Socket,
    { weather, onLoss }: { weather: () => Weather; onLoss: (bytes: number) => void },
  ) {
    this.#ends = { up: { from: client, to: server }, down: { from: server, to: client } };
    this.#weather = weather;
    this.#onLoss = onLoss;
    this.closed = Promise.all([this.#carry('up'), this.#carry('down')]);
  }

  reset(): void {
    this.#ends.up.from.resetAndDestroy();
    this.#ends.up.to.resetAndDestroy();
  }

  /** The faults are over; a connection that suffered from them is not known any more. */
  forget(): void {
    if (this.#weather().silent.length > 0) this.#broken = true;
    this.#forgotten = this.#broken;
  }

  async #carry(direction: Direction): Promise<void> {
    const { from, to } = this.#ends[direction];
    const chunks: AsyncIterable<Buffer> = from;
    try {
      for await (const chunk of chunks) {
        if (!(await this.#forward(chunk, direction))) return;
      }
      if (!this.#isSilent(direction)) to.end();
    } catch (error) {
      // Either end broke the connection, which the other one is to hear of, unless nothing gets through.
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (!this.#isSilent(direction)) to.resetAndDestroy();
    }
  }

  /** Resolves to false once the connection has ended. */
  async #forward(chunk: Buffer, direction: Direction): Promise<boolean> {
    const { from, to } = this.#ends[direction];
    for (let at = 0; at < chunk.length;) {
      const { latency, bytesPerSecond, slice } = this.#weather();
      const piece = chunk.subarray(at, at + Math.min(slice, chunk.length));
      at += piece.length;
      const wait = latency + (piece.length * 1000) / bytesPerSecond;
      if (wait > 0) await delay(wait);
      if (this.#forgotten) {
        from.resetAndDestroy();
        return false;
      }
      if (this.#isSilent(direction)) {
        this.#onLoss(piece.length);
        continue;
      }
      if (to.destroyed) return false;
      if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    return true;
  }

  #isSilent(direction: Direction): boolean {
    if (this.#weather().silent.includes(direction)) this.#broken = true;
    // After a loss in one direction the other one could go on, as it does on a real wire, until it is forgotten.
    return this.#forgotten || this.#weather().silent.includes(direction);
  }
}
