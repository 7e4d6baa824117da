import type { Order } from '@live-orders/contracts/domain/orders.ts';

/** Of the order as the live store has it, if it does, and as it was read, the one of the higher version. */
export const newer = (live: Order | undefined, read: Order): Order =>
  live && live.version > read.version ? live : read;
