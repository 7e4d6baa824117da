import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { PresentOrder } from '@live-orders/contracts/socket/presence.ts';
import type { LiveState } from '#lib/live/state.ts';
import type { MoveState } from '#lib/moves/move-state.ts';
import { ago, now, ordinary, people } from './fixtures.ts';

/** A connection that was lost a while ago. */
export const lost: LiveState = { phase: 'reconnecting', since: now - 83_000, attempt: 4, retryAt: now + 12_000 };

/** A confirmed order that is being shipped, one whose move is being taken back, and one that has just been moved. */
export const movesOf = (moving: Order, undoing: Order, done: Order) => ({
  orders: [moving, undoing, done],
  states: new Map<string, MoveState>([
    [moving.id, { phase: 'moving', to: 'preparing', reason: undefined }],
    [undoing.id, { phase: 'undoing', to: 'confirmed', reason: undefined }],
    [done.id, { phase: 'moved', from: 'preparing', to: done.status }],
  ]),
});

const due = ordinary();
const late = ordinary({ due_at: ago(754) });
const urgent = ordinary({ due_at: ago(-67) });
const selected = ordinary({ note: 'Ring twice' });
const stayed = ordinary({ status: 'shipped', due_at: ago(-3_600) });
const leaving = ordinary({ status: 'delivered', due_at: null });
const looked = ordinary({ assigned_name: 'Sam Staff' });
const conflict = ordinary({ status: 'cancelled', due_at: null, updated_at: ago(20) });
const moved = movesOf(
  ordinary({ status: 'confirmed' }),
  ordinary({ status: 'preparing' }),
  ordinary({ status: 'shipped' }),
);

const still = [due, late, urgent, selected, stayed, leaving, looked, conflict];

/** What the board shows of an order in each of the states that it can be in there. */
export const board = {
  orders: [...still, ...moved.orders.slice(0, 1)],
  /** How a card looks while its order is moved, its buttons say. */
  inCards: still,
  leaving: leaving.id,
  selected: [selected.id, stayed.id],
  reasons: { [stayed.id]: 'Somebody else has moved it.' },
  people: [{ order_id: looked.id, people: [...people] }] satisfies PresentOrder[],
  moves: new Map<string, MoveState>([
    ...moved.states,
    [conflict.id, { phase: 'conflict', wanted: 'confirmed', reason: undefined, current: conflict, by: 'Ada Admin' }],
  ]),
};
