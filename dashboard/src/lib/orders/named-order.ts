import { uuid } from '@live-orders/contracts/domain/fields.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { givenNumber } from '@live-orders/contracts/rest/orders.ts';

/** The query that finds the order which an address names by its number, or by its id as programs do; null where it names none. */
export function queryOfNamed(named: string): `?${string}` | null {
  if (uuid.safeParse(named).success) return `?ids=${named}`;
  const number = givenNumber.safeParse(named);
  return number.success && String(number.data) === named ? `?number=${named}` : null;
}

export const isNamed = (order: Order, named: string): boolean => String(order.number) === named || order.id === named;
