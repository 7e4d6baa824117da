import { order as orderSchema, type Order } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { bulkResults, type BulkResults, type BulkStatusChange, mostNamed } from '@live-orders/contracts/rest/orders.ts';
import { toast } from 'svelte-sonner';
import type { LiveOrders } from '../feed/live-orders.svelte.ts';
import { SessionEndedError } from '../live/state.ts';
import { changeOrder } from '../order-detail/order-change.ts';
import { statusViews } from '../orders/status.ts';
import { ApiError, callApi, newKey } from '../session/api.ts';
import { leaveForLogin } from '../session/login.ts';
import { download, readCsv } from './export-orders.ts';
import type { Selection } from './selection.svelte.ts';

/** Calls that are under way at once where each is about one order. */
const callsAtOnce = 6;
/** Milliseconds for which the lot can be taken back. */
const undoMs = 15_000;

/** An order that was given to somebody, as it was and as it is since. */
interface Assigned {
  before: Order;
  after: Order;
}

/** Somebody else has assigned the order since; the message says so to the user. */
class ReassignedError extends Error {}

const labelOf = (status: OrderStatus): string => statusViews[status].label.toLowerCase();
const counted = (count: number): string => `${count} ${count === 1 ? 'order' : 'orders'}`;
const stayed = (count: number): string | undefined =>
  count > 0 ? `${counted(count)} stayed as they were, still selected.` : undefined;
const words = (error: unknown): string =>
  error instanceof ApiError || error instanceof ReassignedError
    ? error.message
    : 'Something unexpected happened in this page.';

/** Does the same with each of several orders, `callsAtOnce` at a time. */
const withEach = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
};

/** Does something with all orders of a selection. What could not be done stays selected, with the reason. */
export class BulkMoves {
  busy = $state(false);
  /** How many times something was done with all of them. */
  finished = $state(0);
  readonly #live: LiveOrders;
  readonly #selection: Selection;

  constructor(live: LiveOrders, selection: Selection) {
    this.#live = live;
    this.#selection = selection;
  }

  /** The orders that are selected and still here. */
  get orders(): readonly Order[] {
    return this.#selection.ids.flatMap((id) => this.#live.get(id) ?? []);
  }

  /** Moves each order to a status, as long as it is as the user saw it. */
  async move(status: OrderStatus, reason?: string): Promise<void> {
    await this.#work(async () => {
      const wanted = this.orders;
      const moved: Order[] = [];
      for (let start = 0; start < wanted.length; start += mostNamed) {
        const orders = wanted.slice(start, start + mostNamed).map(({ id, version }) => ({ id, version }));
        const body: BulkStatusChange = { orders, status, reason };
        const call = { method: 'POST', body, key: newKey() } as const;
        const { results } = await callApi(bulkResults, 'orders/api/orders/bulk-status', call);
        moved.push(...this.#settle(results));
      }
      this.#tell(moved, wanted.length, status);
    });
  }

  /** Gives each order to a member of the team, or with null to nobody. */
  async assign(assignee: { id: string } | null): Promise<void> {
    await this.#work(async () => {
      const wanted = this.orders;
      const assigned: Assigned[] = [];
      await withEach(wanted, async (before) => {
        const { id, version } = before;
        await this.#one(id, async () => {
          const body = { assignee: assignee && { id: assignee.id } };
          const call = { method: 'PATCH', body, version } as const;
          const after = await callApi(orderSchema, `orders/api/orders/${id}`, call);
          this.#live.put([after]);
          assigned.push({ before, after });
        });
      });
      const description = stayed(wanted.length - assigned.length);
      if (assigned.length === 0) {
        toast.error('No order was assigned', { description });
        return;
      }
      const text = `${counted(assigned.length)} ${assignee ? 'assigned' : 'assigned to nobody'}`;
      this.#offerUndo(text, description, () => this.#giveBack(assigned));
    });
  }

  /** Gives the user a file of all of them, which stay selected. */
  async export(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const { orders } = this;
    try {
      download(`orders-${new Date().toISOString().slice(0, 10)}.csv`, await readCsv(orders));
      toast.success(`${counted(orders.length)} exported`);
    } catch (error) {
      if (error instanceof SessionEndedError) leaveForLogin();
      else toast.error('The orders were not exported', { description: words(error) });
    } finally {
      this.busy = false;
    }
  }

  /** Takes the orders in that were moved, and says of the others why they were not. */
  #settle(results: BulkResults['results']): Order[] {
    return results.flatMap((one) => {
      if (one.outcome === 'not_found') {
        this.#selection.reasons.set(one.id, 'It is not there any more.');
        return [];
      }
      this.#live.put([one.order]);
      if (one.outcome === 'moved') {
        this.#selection.drop(one.id);
        return [one.order];
      }
      const state = labelOf(one.order.status);
      const reason =
        one.outcome === 'conflict' ? `Somebody changed it: it is ${state} now.` : `From ${state} it cannot go there.`;
      this.#selection.reasons.set(one.id, reason);
      return [];
    });
  }

  #tell(moved: readonly Order[], wanted: number, status: OrderStatus): void {
    const text = `${counted(moved.length)} now ${labelOf(status)}`;
    const description = stayed(wanted - moved.length);
    if (moved.length === 0) toast.error('No order was moved', { description });
    else this.#offerUndo(text, description, () => this.#undo(moved));
  }

  #offerUndo(text: string, description: string | undefined, undo: () => Promise<void>): void {
    const action = { label: 'Undo', onClick: () => void undo() };
    toast.success(text, { description, action, duration: undoMs });
  }

  #undo(moved: readonly Order[]): Promise<void> {
    return this.#takeBack(moved, async ({ id, version }) => {
      const call = { method: 'POST', body: {}, version, key: newKey() } as const;
      this.#live.put([await callApi(orderSchema, `orders/api/orders/${id}/undo`, call)]);
    });
  }

  /** Gives each order to whom it was with before, unless somebody has assigned it anew. */
  #giveBack(assigned: readonly Assigned[]): Promise<void> {
    const before = new Map(assigned.map((one) => [one.after.id, one.before.assigned_to ?? null]));
    const orders = assigned.map(({ after }) => after);
    return this.#takeBack(orders, async (order) => {
      const to = before.get(order.id) ?? null;
      const { made, order: now } = await changeOrder(order, { assignee: to === null ? null : { id: to } });
      this.#live.put([now]);
      if (!made) throw new ReassignedError('Somebody else has assigned it since.');
    });
  }

  async #takeBack(orders: readonly Order[], work: (order: Order) => Promise<void>): Promise<void> {
    await this.#work(async () => {
      let done = 0;
      await withEach(orders, async (order) => {
        await this.#one(order.id, async () => {
          await work(order);
          done += 1;
        });
      });
      const text = `${counted(done)} taken back`;
      if (done === orders.length) toast.success(text);
      else toast.error(text, { description: `${counted(orders.length - done)} could not be, and are selected.` });
    });
  }

  /** What goes wrong with one order is said of that one. */
  async #one(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#selection.drop(id);
    } catch (error) {
      if (error instanceof SessionEndedError) throw error;
      this.#selection.pick([id]);
      this.#selection.reasons.set(id, words(error));
    }
  }

  async #work(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      if (error instanceof SessionEndedError) leaveForLogin();
      else toast.error('It is not known what became of the orders', { description: words(error) });
    } finally {
      this.busy = false;
      this.finished += 1;
    }
  }
}
