import { z } from 'zod';
import { keep, readKept } from '../ui/kept.ts';

const noteDraft = z.object({
  text: z.string(),
  /** The note as it was when somebody began to write. */
  base: z.string(),
});
export type NoteDraft = z.infer<typeof noteDraft>;

const nameFor = (userId: string, orderId: string): string => `live-orders:note:${userId}:${orderId}`;

/** What a user has begun to note on an order in this tab, and not saved; null for nothing. */
export const readDraft = (userId: string, orderId: string): NoteDraft | null =>
  readKept('sessionStorage', nameFor(userId, orderId), noteDraft);

/** Keeps what is begun, through other pages, a reload and a new login. */
export const keepDraft = (userId: string, orderId: string, draft: NoteDraft | null): void =>
  keep('sessionStorage', nameFor(userId, orderId), draft);
