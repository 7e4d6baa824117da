import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { vi } from 'vitest';
import { LiveClient } from '../live/client.ts';
import type { LiveClientOptions, LiveState, OrderChange } from '../live/state.ts';
import type { LiveSocket } from '../transport/socket.ts';
import { makeOrder, orderId } from './orders.ts';

const time = '2026-03-14T09:26:53.589Z';

export const welcome = (position: string, recovered = false) => ({
  event: 'welcome',
  seq: 0,
  data: {
    position,
    recovered,
    source: recovered ? 'memory' : null,
    heartbeat_ms: 5000,
    server_time: time,
    role: 'staff',
    expires_at: time,
  },
});

export const resync = (position: string, spread_ms = 0) => ({
  event: 'resync',
  seq: 0,
  data: { position, reason: 'history_lost', spread_ms },
});

type SocketEvent = { data: unknown; code: number };

/** Takes the place of the browser's socket; the test plays the server. */
export class Socket implements LiveSocket {
  readonly url: URL;
  closed = false;
  readonly sent: string[] = [];
  readonly #listeners = { message: (_: SocketEvent) => {}, close: (_: SocketEvent) => {} };

  constructor(url: URL) {
    this.url = url;
  }

  addEventListener(type: 'message' | 'close', listener: (event: SocketEvent) => void): void {
    this.#listeners[type] = listener;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
  }

  say(...messages: object[]): void {
    this.#listeners.message({ data: JSON.stringify(messages), code: 0 });
  }

  hangUp(code: number): void {
    this.#listeners.close({ data: null, code });
  }

  welcome(position: string, recovered = false): void {
    this.say(welcome(position, recovered));
  }

  resync(position: string): void {
    this.say(resync(position));
  }

  beat(position: string, live = true): void {
    this.say({ event: 'heartbeat', seq: 0, data: { position, server_time: time, live } });
  }
}

/** The nth order. */
export const order = (n: number, version: number, status: OrderStatus = 'pending') =>
  makeOrder({ id: orderId(n), version, status });

/** The stream's message about a change of the nth order. */
export const change = (seq: number, n: number, version: number, status: OrderStatus = 'pending') => ({
  event: version === 1 ? 'new_order' : 'order_status_update',
  seq,
  data: order(n, version, status),
  previous_status: null,
  times: { committed: time, bridged: time },
});

/** A client for tests with fake timers, which answer its sockets and snapshots. */
export function setUp(options: Partial<LiveClientOptions> = {}) {
  const sockets: Socket[] = [];
  const states: LiveState['phase'][] = [];
  const changes: OrderChange[] = [];
  const snapshots: PromiseWithResolvers<Order[]>[] = [];
  const url = vi.fn(async () => 'ws://gateway/ws?ticket=t');
  const open = (address: URL) => {
    const socket = new Socket(address);
    sockets.push(socket);
    return socket;
  };
  const client = new LiveClient({
    url,
    snapshot: () => {
      const asked = Promise.withResolvers<Order[]>();
      snapshots.push(asked);
      return asked.promise;
    },
    onState: (state) => states.push(state.phase),
    onOrders: (given) => changes.push(...given),
    random: () => 1,
    openSocket: open,
    openEvents: open,
    ...options,
  });
  const last = <T>(list: T[]): T => {
    const item = list.at(-1);
    if (!item) throw new Error('there is none yet');
    return item;
  };
  const settle = () => vi.advanceTimersByTimeAsync(0);
  const answer = async (...orders: Order[]) => {
    last(snapshots).resolve(orders);
    await settle();
  };
  const goLive = async (position = 'e:10', ...orders: Order[]) => {
    client.start();
    await settle();
    last(sockets).welcome(position);
    await answer(...orders);
  };
  return { client, sockets, states, changes, snapshots, url, settle, answer, goLive, socket: () => last(sockets) };
}
