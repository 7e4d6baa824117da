import type { Server } from 'node:http';
import { placeOf } from '@live-orders/runtime/http/place.ts';
import type { Callers } from '../http/callers.ts';

/** A connection, or a stream on one. */
interface Closing {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** Counts the connections that each address has, so that none takes them all. */
export class Connections {
  readonly #callers: Callers;
  readonly #mostPerPlace: number;
  readonly #counts = new Map<string, number>();

  constructor(callers: Callers, mostPerPlace: number) {
    this.#callers = callers;
    this.#mostPerPlace = mostPerPlace;
  }

  /**
   * Counts a connection of this address until it emits `close`. False, and nothing is counted, when the address has as many
   * as it may. A trusted proxy has any number, for many people share it.
   */
  hold(address: string, connection: Closing): boolean {
    // One that has closed already would never be counted out again.
    if (connection.destroyed || this.#callers.isProxy(address)) return true;
    const place = placeOf(address);
    const count = this.#counts.get(place) ?? 0;
    if (count >= this.#mostPerPlace) return false;
    this.#counts.set(place, count + 1);
    connection.once('close', () => {
      const left = (this.#counts.get(place) ?? 1) - 1;
      if (left > 0) this.#counts.set(place, left);
      else this.#counts.delete(place);
    });
    return true;
  }
}

/** Drops every connection to a server beyond `mostInAll`, and beyond what an address may have. */
export const limitConnections = (server: Server, callers: Callers, mostInAll: number, mostPerPlace: number): void => {
  const connections = new Connections(callers, mostPerPlace);
  server.maxConnections = mostInAll;
  // Else a full one of several processes hands a connection to the next, and when all are full, on and on. Node has it since
  // 22.12, its types do not yet.
  Object.assign(server, { dropMaxConnection: true });
  server.on('connection', (socket) => {
    if (!connections.hold(callers.addressOf(socket.remoteAddress ?? ''), socket)) socket.destroy();
  });
};
