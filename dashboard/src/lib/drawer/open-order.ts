import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import type { Order } from '@live-orders/contracts/domain/orders.ts';

/**
 * Shows an order beside the board, under the address of its own page, which is where a reload and whoever gets the link go.
 * `replace`: in place of the one that is open, so that Back leads to the board.
 */
export async function openOrder({ id, number }: Order, replace: boolean): Promise<void> {
  const path = resolve('/(app)/orders/[number]', { number: String(number) });
  await goto(path, { shallow: true, replace, state: { order: id } });
}
