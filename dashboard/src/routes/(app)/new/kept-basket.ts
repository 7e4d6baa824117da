import { keep, readKept } from '#lib/ui/kept.ts';
import { z } from 'zod';

const keptLine = z.object({ name: z.string(), quantity: z.int().positive(), price: z.int().nonnegative() });
export type KeptLine = z.infer<typeof keptLine>;

const keptBasket = z.object({
  /** By product: how many, and the name and price, in minor units, that the customer saw. */
  lines: z.record(z.string(), keptLine),
  note: z.string(),
  /** The idempotency key of an attempt to order just this, whose answer may have been lost; null before the first. */
  key: z.string().nullable(),
});
export type KeptBasket = z.infer<typeof keptBasket>;

const nameFor = (userId: string): string => `live-orders:basket:${userId}`;

/** The basket that this browser keeps for a user; null where it keeps none, or is told to keep nothing. */
export const readBasket = (userId: string): KeptBasket | null => readKept('localStorage', nameFor(userId), keptBasket);

/** Keeps a user's basket, or nothing of it. */
export const keepBasket = (userId: string, basket: KeptBasket | null): void =>
  keep('localStorage', nameFor(userId), basket);

/** Calls back whenever another tab changes what is kept for the user; gives what ends that. */
export const onOtherTab = (userId: string, changed: () => void): (() => void) => {
  const hear = ({ key }: StorageEvent) => {
    if (key === nameFor(userId)) changed();
  };
  addEventListener('storage', hear);
  return () => removeEventListener('storage', hear);
};
