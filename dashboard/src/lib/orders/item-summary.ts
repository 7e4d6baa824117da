import type { Order } from '@live-orders/contracts/domain/orders.ts';

/** An order's items on one line: `2 × Linen throw, 1 × Enamel kettle +2`. No line ends between a number and its item. */
export function summarizeItems(order: Order, most = 2): string {
  const named = order.items
    .slice(0, most)
    .map((item) => `${item.quantity.toLocaleString('en')}\u00a0×\u00a0${item.name}`);
  const rest = order.items.length - named.length;
  return named.join(', ') + (rest > 0 ? ` +${rest}` : '');
}
