import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { membersOf } from '@live-orders/contracts/rest/errors.ts';
import { orderHistory } from '@live-orders/contracts/rest/orders.ts';
import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { toast } from 'svelte-sonner';
import { ApiError, callApi, newKey } from '../session/api.ts';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { leaveForLogin } from '../session/login.ts';
import { SessionEndedError } from '../live/state.ts';
import { conflictOf } from '../orders/order-api.ts';
import { statusViews } from '../orders/status.ts';
import type { Doing, MoveState } from './move-state.ts';

/** Milliseconds for which the button that moved an order offers to take that back. */
const undoMs = 10_000;

const labelOf = (status: OrderStatus): string => statusViews[status].label.toLowerCase();

/**
 * Moves orders to other statuses and takes moves back, each only while the order is as the user saw it, and says what came
 * of it.
 */
export class Moves {
  /** The order that the user is being asked about before it is cancelled. */
  cancelling = $state.raw<Order | null>(null);
  /** The move that an administrator is asked the reason for before it is taken back; `to` is the status before it. */
  explaining = $state.raw<{ order: Order; to: OrderStatus } | null>(null);
  /** What came of the last move, in words for screen readers. */
  outcome = $state('');
  readonly #live: LiveOrders;
  readonly #states = new SvelteMap<string, MoveState>();

  constructor(live: LiveOrders) {
    this.#live = live;
  }

  state(id: string): MoveState | undefined {
    return this.#states.get(id);
  }

  /** The orders that have a state. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#states.keys());
  }

  /** Whether the user is about to cancel an order, or has just done so and can take it back. */
  get isCancelling(): boolean {
    const cancels = (state: MoveState): boolean => state.phase !== 'conflict' && state.to === 'cancelled';
    return this.cancelling !== null || [...this.#states.values()].some(cancels);
  }

  /** Where the orders are shown that are being moved: in the status that they shall have, until the server has answered. */
  get underWay(): ReadonlyMap<string, OrderStatus> {
    return new Map(
      [...this.#states].flatMap(([id, state]) =>
        state.phase === 'moving' || state.phase === 'undoing' ? [[id, state.to] as const] : [],
      ),
    );
  }

  /** The status in which an order is shown. */
  shownStatus({ id, status }: Order): OrderStatus {
    const state = this.state(id);
    return state?.phase === 'moving' || state?.phase === 'undoing' ? state.to : status;
  }

  /**
   * Asks the server to move the order, which is shown in its new status at once, and back in its old one if that is refused.
   * Where somebody else has moved it, the user is asked anew; where they only noted something, the move is made.
   */
  async move(order: Order, to: OrderStatus, reason?: string): Promise<void> {
    await this.#work(order, { phase: 'moving', to, reason }, async () => {
      const moved = await this.#send(order, `/status`, 'PATCH', { status: to, reason });
      this.outcome = `Order ${order.number} is now ${labelOf(moved.status)}.`;
      return { phase: 'moved', from: order.status, to };
    });
  }

  /** Takes the order's last move back, which gives it the status `to` that it had before. */
  async undo(order: Order, to: OrderStatus, reason?: string): Promise<void> {
    await this.#work(order, { phase: 'undoing', to, reason }, async () => {
      const undone = await this.#send(order, `/undo`, 'POST', { reason });
      this.outcome = `Order ${order.number} is ${labelOf(undone.status)} again.`;
      return undefined;
    });
  }

  /** Leaves an order as somebody else has moved it. */
  leave(id: string): void {
    this.#states.delete(id);
  }

  async #work(order: Order, doing: Doing, work: () => Promise<MoveState | undefined>) {
    const { id } = order;
    const before = this.#states.get(id);
    if (before?.phase === 'moving' || before?.phase === 'undoing') return;
    this.#states.set(id, doing);
    const stop = this.#live.presence.move(id);
    try {
      this.#end(id, await work());
    } catch (error) {
      const left = await this.#explain(order, doing, error);
      // What could not be taken back still can be: without that, the button would take the next step instead.
      const isAsBefore = before?.phase === 'moved' && this.#live.get(id)?.status === before.to;
      this.#end(id, left ?? (isAsBefore ? before : undefined));
    } finally {
      stop();
    }
  }

  /** The state after a move, which is forgotten after a while when it only offers to take the move back. */
  #end(id: string, state: MoveState | undefined): void {
    if (!state) {
      this.#states.delete(id);
      return;
    }
    this.#states.set(id, state);
    if (state.phase !== 'moved') return;
    setTimeout(() => {
      if (this.#states.get(id) === state) this.#states.delete(id);
    }, undoMs);
  }

  async #send(order: Order, path: string, method: 'PATCH' | 'POST', body: object): Promise<Order> {
    const key = newKey();
    const send = (version: number) =>
      callApi(orderSchema, `orders/api/orders/${order.id}${path}`, { method, body, version, key });
    let answer: Order;
    try {
      answer = await send(order.version);
    } catch (error) {
      const current = conflictOf(error);
      // An assignment or a note makes a version too, and changes nothing of what the user wants.
      if (current?.status !== order.status) throw error;
      answer = await send(current.version);
    }
    this.#live.put([answer]);
    return answer;
  }

  /** Says why a move was not made. Gives the state that the order is left in: a conflict is for the user to decide. */
  async #explain(order: Order, doing: Doing, error: unknown): Promise<MoveState | undefined> {
    if (error instanceof SessionEndedError) {
      leaveForLogin();
      return undefined;
    }
    const current = conflictOf(error) ?? (await this.#read(order.id));
    if (current) this.#live.put([current]);
    const known = error instanceof ApiError ? error : null;
    // Only the answer was lost, or somebody else has done the same.
    if (current && current.version > order.version && current.status === doing.to) {
      this.outcome = `Order ${order.number} is ${labelOf(current.status)} already.`;
      return undefined;
    }
    if (current && current.status !== order.status && doing.phase === 'moving') {
      this.outcome = `Order ${order.number} was moved to ${labelOf(current.status)} by somebody else.`;
      const by = await this.#lastMover(order.id);
      return { phase: 'conflict', wanted: doing.to, reason: doing.reason, current, by };
    }
    const invalid = membersOf('validation_failed', known?.problem ?? null)?.errors;
    if (doing.phase === 'undoing' && invalid?.some(({ path }) => path === 'reason')) {
      this.explaining = { order, to: doing.to };
      return undefined;
    }
    const what = doing.phase === 'moving' ? `moved to ${labelOf(doing.to)}` : 'taken back';
    this.outcome =
      known?.isUncertain && !current
        ? `It is not known whether order ${order.number} was ${what}`
        : `Order ${order.number} was not ${what}`;
    toast.error(this.outcome, { description: known?.message ?? 'Something unexpected happened in this page.' });
    return undefined;
  }

  async #lastMover(id: string): Promise<string | null> {
    try {
      const { data } = await callApi(orderHistory, `orders/api/orders/${id}/history`);
      return data.at(-1)?.actor_name ?? null;
    } catch {
      return null;
    }
  }

  async #read(id: string): Promise<Order | null> {
    try {
      return await callApi(orderSchema, `orders/api/orders/${id}`);
    } catch {
      return null;
    }
  }
}

export const [getMoves, setMoves] = createContext<Moves>();
