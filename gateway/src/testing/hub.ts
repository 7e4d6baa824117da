import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { CloseReason } from '@live-orders/contracts/socket/close-codes.ts';
import type { RedisMessage } from '@live-orders/contracts/redis/messages.ts';
import { serverFrame, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import type { Frame } from '../fanout/frame.ts';
import { History } from '../fanout/history.ts';
import { Hub } from '../fanout/hub.ts';
import { Revocations } from '../fanout/revocations.ts';
import type { Client } from '../fanout/audience-group.ts';
import type { StreamState } from '../stream/stage-poll.ts';

export const ids = {
  order: '01920000-0000-7000-8000-00000000000a',
  carla: '01920000-0000-7000-8000-00000000000b',
  noor: '01920000-0000-7000-8000-00000000000c',
};
export const at = '2026-03-14T09:26:53.589Z';

const makeOrder = (customer_id: string): Order => ({
  id: ids.order,
  number: 1001,
  customer_id,
  customer_name: 'Somebody',
  status: 'pending',
  total_amount: 100,
  currency: 'USD',
  note: null,
  version: 1,
  due_at: null,
  created_at: at,
  updated_at: at,
  items: [],
});

export const created = (seq: number, customer_id = ids.carla): RedisMessage => ({
  event: 'order_created',
  seq,
  epoch: 'e',
  times: { committed: at, bridged: at },
  data: makeOrder(customer_id),
  previous_status: null,
  actor: { id: customer_id, name: 'Somebody', role: 'customer' },
});

/** A change of the nth order. */
export const moved = (seq: number, n: number, version: number, status: OrderStatus, note = '') => ({
  event: 'order_status_updated' as const,
  seq,
  epoch: 'e',
  times: { committed: at, bridged: at },
  data: { ...makeOrder(ids.carla), id: ids.order.replace(/.$/, String(n)), version, status, note },
  previous_status: null,
  actor: null,
});

/** What a heartbeat says while every stage is in time. */
export const inTime: StreamState = {
  live: true,
  behind: null,
  lag: {
    orders: { depth: 0, oldest_ms: 0 },
    users: null,
    bridge: null,
    redis_ms: 1,
    gateway: { backlog_bytes: 0, loop_ms: 0 },
  },
  fresh_at: at,
};

/** A client that keeps what it is sent. */
export class Recorder implements Client {
  readonly identity;
  readonly frames: ServerMessage[][] = [];
  readonly sent: Frame[] = [];
  closed: CloseReason | null = null;
  queued = 0;
  onClose = (): void => undefined;

  constructor(role: Role, id = ids.noor, session_id = crypto.randomUUID()) {
    this.identity = { id, role, session_id, email: '', name: '', created_at: at, expires_at: 4_000_000_000 };
  }

  get messages(): ServerMessage[] {
    return this.frames.flat();
  }

  backlog(): number {
    return this.queued;
  }

  send(frame: Frame): void {
    this.sent.push(frame);
    this.frames.push(serverFrame.parse(JSON.parse(frame.json.toString())));
  }

  close(reason: CloseReason): void {
    this.closed = reason;
    this.onClose();
  }
}

/** `event seq` of each message that a client got. */
export const events = (client: Recorder): string[] => client.messages.map(({ event, seq }) => `${event} ${seq}`);

/** A hub at the position e:0, whose memory holds so many events. */
export const openHub = (entries = 100): Hub => {
  const history = new History(entries, 64 * 1024 * 1024);
  history.reset({ epoch: 'e', seq: 0 });
  return new Hub(history, new Revocations());
};
