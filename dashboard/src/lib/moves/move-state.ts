import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';

/** What this page is doing, or has just done, with an order. */
export type MoveState =
  | Doing
  /** It was moved here, and can be taken back by the button that moved it. */
  | { phase: 'moved'; from: OrderStatus; to: OrderStatus }
  | Conflict;

/** The server has been asked to bring the order to a status: by a move, or by taking the last one back. */
export interface Doing {
  phase: 'moving' | 'undoing';
  to: OrderStatus;
  reason: string | undefined;
}

/** Somebody else moved the order first, so that the move was not made. */
export interface Conflict {
  phase: 'conflict';
  wanted: OrderStatus;
  reason: string | undefined;
  /** The order as it is by now. */
  current: Order;
  /** Who moved it there; null where that cannot be learned. */
  by: string | null;
}

/** What a press of an order's button does; null for nothing. */
export type Press = { kind: 'move' | 'undo'; to: OrderStatus } | null;

/** What a press of the button would do now: the next step, or taking back the one that was just made. */
export const pressOf = (state: MoveState | undefined, status: OrderStatus, next: OrderStatus | null): Press => {
  if (state?.phase === 'moving' || state?.phase === 'undoing') return null;
  if (state?.phase === 'moved' && state.to === status) return { kind: 'undo', to: state.from };
  return next === null ? null : { kind: 'move', to: next };
};
