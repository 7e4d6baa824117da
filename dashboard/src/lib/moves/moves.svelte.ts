import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { toast } from 'svelte-sonner';
import { ApiError, callApi } from '../session/api.ts';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { leaveForLogin } from '../session/login.ts';
import { SessionEndedError } from '../live/state.ts';
import { statusViews } from '../orders/status.ts';

/** Moves orders to other statuses, and says what came of it. */
export class Moves {
  /** The order that the user is being asked about before it is cancelled. */
  cancelling = $state.raw<Order | null>(null);
  /** What came of the last move, in words for screen readers. */
  outcome = $state('');
  readonly #live: LiveOrders;
  readonly #pending = new SvelteMap<string, OrderStatus>();

  constructor(live: LiveOrders) {
    this.#live = live;
  }

  /** The status that an order is being moved to, until the server has answered. */
  target(id: string): OrderStatus | undefined {
    return this.#pending.get(id);
  }

  /** Asks the server to move the order. It is shown in its new status only when the server has answered. */
  async move(order: Order, status: OrderStatus, reason?: string): Promise<void> {
    if (this.#pending.has(order.id)) return;
    this.#pending.set(order.id, status);
    const stop = this.#live.presence.move(order.id);
    try {
      const path = `orders/api/orders/${order.id}/status`;
      const moved = await callApi(orderSchema, path, { method: 'PATCH', body: { status, reason } });
      this.#live.put([moved]);
      this.outcome = `Order ${order.number} is now ${statusViews[moved.status].label.toLowerCase()}.`;
    } catch (error) {
      await this.#explain(order, status, error);
    } finally {
      this.#pending.delete(order.id);
      stop();
    }
  }

  async #explain(order: Order, status: OrderStatus, error: unknown): Promise<void> {
    if (error instanceof SessionEndedError) return leaveForLogin();
    const actual = await this.#reread(order.id);
    const known = error instanceof ApiError ? error : null;
    const changed = actual !== null && actual.version > order.version;
    // Only the answer was lost: the order was moved.
    if (known?.isUncertain && changed && actual.status === status) return;
    this.outcome =
      known?.isUncertain && !actual
        ? `It is not known whether order ${order.number} was moved`
        : `Order ${order.number} was not moved to ${statusViews[status].label.toLowerCase()}`;
    // The detail of `invalid_transition` names the order's status; with other problems, somebody else may have changed it.
    const now =
      changed && known?.problem?.code !== 'invalid_transition'
        ? ` It is ${statusViews[actual.status].label.toLowerCase()} by now.`
        : '';
    const cause = known?.message ?? 'Something unexpected happened in this page.';
    toast.error(this.outcome, { description: `${cause}${now}` });
  }

  async #reread(id: string): Promise<Order | null> {
    try {
      const actual = await callApi(orderSchema, `orders/api/orders/${id}`);
      this.#live.put([actual]);
      return actual;
    } catch {
      return null;
    }
  }
}

export const [getMoves, setMoves] = createContext<Moves>();
