import { tick } from 'svelte';

/** What shows orders of which only those in sight have a row in the page. */
export interface Reached {
  /** The order whose row the focus is in or was led to last, which is in the page wherever it stands. */
  reached: string | null;
}

/** Frames until rows have the height that they take, which was estimated as long as they were not in the page. */
const framesToSettle = 3;

/** The row of an order, put into the page where it is far out of sight; null where the order is not shown. */
async function reachRow(shown: Reached, id: string): Promise<HTMLElement | null> {
  shown.reached = id;
  await tick();
  return document.querySelector<HTMLElement>(`[data-testid=board] [data-order-id="${id}"]`);
}

/** Brings the row of an order to where `place` puts it, by default into sight; in a few steps, unless another one is reached meanwhile. */
export async function showRow(
  shown: Reached,
  id: string,
  place = (row: HTMLElement) => row.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
): Promise<void> {
  const row = await reachRow(shown, id);
  for (let frame = 0; frame < framesToSettle; frame += 1) {
    if (!row?.isConnected || shown.reached !== id) return;
    place(row);
    await new Promise(requestAnimationFrame);
  }
}

/** Leads the focus to the row of an order, which stays where it is. Gives whether there is one. */
export async function focusRow(shown: Reached, id: string): Promise<boolean> {
  const link = (await reachRow(shown, id))?.querySelector<HTMLElement>('a[data-row-link]');
  link?.focus({ preventScroll: true });
  return link !== undefined && link !== null;
}

/** Leads the focus to the row of an order, and brings it into sight. */
export async function goToRow(shown: Reached, id: string): Promise<void> {
  if (await focusRow(shown, id)) await showRow(shown, id);
}
