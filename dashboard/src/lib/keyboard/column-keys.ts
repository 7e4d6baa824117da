import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import { goToRow, type Reached } from '../rows/reach.ts';
import { isFree } from './row-keys.ts';

const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

interface Columned extends Reached {
  readonly columns: ReadonlyMap<OrderStatus, readonly { id: string }[]>;
}

/** Moves the focus from a card to the one beside it: in the next or previous column that has any, at the same height or above. */
export function walkColumns(event: KeyboardEvent, shown: Columned, statuses: readonly OrderStatus[]): void {
  const step = steps[event.key];
  if (step === undefined || !isFree(event) || !(event.target instanceof Element)) return;
  const id = event.target.closest<HTMLElement>('[data-column] [data-order-id]')?.dataset.orderId;
  const columns = statuses.flatMap((status) => {
    const orders = shown.columns.get(status) ?? [];
    return orders.length > 0 ? [orders] : [];
  });
  const from = columns.findIndex((orders) => orders.some((order) => order.id === id));
  const beside = columns[from + step];
  if (from < 0 || !beside) return;
  const at = columns[from]?.findIndex((order) => order.id === id) ?? 0;
  const next = beside[Math.min(at, beside.length - 1)];
  if (!next) return;
  event.preventDefault();
  void goToRow(shown, next.id);
}
