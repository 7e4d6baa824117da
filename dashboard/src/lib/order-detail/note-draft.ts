import { z } from 'zod';

const noteDraft = z.object({
  text: z.string(),
  /** The note as it was when somebody began to write. */
  base: z.string(),
});
export type NoteDraft = z.infer<typeof noteDraft>;

const nameFor = (userId: string, orderId: string): string => `live-orders:note:${userId}:${orderId}`;

/** What a user has begun to note on an order in this tab, and not saved; null for nothing. */
export function readDraft(userId: string, orderId: string): NoteDraft | null {
  try {
    const parsed = noteDraft.safeParse(JSON.parse(sessionStorage.getItem(nameFor(userId, orderId)) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Keeps what is begun, through other pages, a reload and a new login. */
export function keepDraft(userId: string, orderId: string, draft: NoteDraft | null): void {
  try {
    if (draft) sessionStorage.setItem(nameFor(userId, orderId), JSON.stringify(draft));
    else sessionStorage.removeItem(nameFor(userId, orderId));
  } catch {
    // In a browser that is told to keep nothing, it lives as long as the page.
  }
}
