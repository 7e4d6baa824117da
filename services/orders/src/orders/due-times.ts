import {
  isFinal,
  orderStatus,
  orderStatuses,
  type OrderStatus,
  statusCatalogue,
} from '@live-orders/contracts/domain/order-status.ts';
import { z } from 'zod';

/** Minutes that an order should stay in a status at most; one that is not here has no target. */
export type Targets = ReadonlyMap<OrderStatus, number>;

const target = z.tuple([
  orderStatus.refine((status) => !isFinal(status), 'nothing follows this status'),
  z.coerce.number().positive(),
]);

/** Reads `pending=10,confirmed=15`, in minutes. */
export const targetsSetting = z
  .preprocess(
    (text) =>
      String(text)
        .split(',')
        .map((part) => part.split('=')),
    z.array(target),
  )
  .transform((list): Targets => new Map(list));

/** The default of the setting: the targets of the status catalogue, written as `targetsSetting` reads them. */
export const defaultTargets = orderStatuses
  .flatMap((status) => {
    const minutes = statusCatalogue[status].targetMinutes;
    return minutes === null ? [] : [`${status}=${minutes}`];
  })
  .join(',');

/** When an order that entered `status` at `since` should have left it (RFC 3339), or null when it may stay for ever. */
export const dueAt = (targets: Targets, status: OrderStatus, since: Date): string | null => {
  const minutes = targets.get(status);
  return minutes === undefined ? null : new Date(since.getTime() + minutes * 60_000).toISOString();
};
