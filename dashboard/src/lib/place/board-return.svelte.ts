import { afterNavigate, beforeNavigate } from '$app/navigation';
import { page } from '$app/state';
import { keepPlace, readPlace, type BoardPlace } from './board-place.ts';
import type { Board } from '../board/board.svelte.ts';

const orderPage = '/(app)/orders/[number]';

const rowOf = (number: number | null): HTMLElement | null =>
  number === null ? null : document.querySelector(`[data-testid=board] [data-order-number="${number}"]`);

/**
 * To be called while the board is set up: keeps where somebody leaves it, and leads those who come back from an order to the
 * same place, with the focus on that order's row. What is above it may have changed meanwhile, so the row is brought to
 * where it was in the window, and only without it the window to where it was on the page.
 */
export function returnToPlace(board: Board, userId: string): void {
  let sought = $state.raw<BoardPlace | null>(null);

  beforeNavigate(({ from, to }) => {
    if (to?.route.id !== undefined && to.route.id === from?.route.id) return;
    const opened = to?.route.id === orderPage ? Number(to.params?.number) : null;
    keepPlace(userId, {
      // Of the board itself: an order that is open beside it has its own address.
      search: page.url.search === '' ? '' : `?${page.url.search.slice(1)}`,
      numbers: board.rows.map(({ number }) => number),
      scroll: scrollY,
      opened,
      top: rowOf(opened)?.getBoundingClientRect().top ?? null,
    });
  });

  afterNavigate(({ from }) => {
    const place = from?.route.id === orderPage ? readPlace(userId) : null;
    if (place?.search !== page.url.search) return;
    board.showAtLeast(place.numbers.length);
    sought = place;
  });

  $effect(() => {
    const place = sought;
    if (!place || (!board.settled && board.rows.every(({ number }) => number !== place.opened))) return;
    sought = null;
    goTo(place);
  });
}

function goTo({ opened, top, scroll }: BoardPlace): void {
  const row = rowOf(opened);
  // Whoever went back by the browser is there already, as far as there were rows.
  if ((!row || top === null) && scrollY === 0) scrollTo(0, scroll);
  if (!row) return;
  row.querySelector<HTMLElement>('a[data-row-link]')?.focus({ preventScroll: true });
  if (top === null) row.scrollIntoView({ block: 'nearest' });
  else keepAt(row, top);
}

/** Rows that were never in sight have an estimated height, so the way there is gone in a few steps. */
function keepAt(row: HTMLElement, top: number, steps = 3): void {
  const off = row.getBoundingClientRect().top - top;
  scrollBy(0, off);
  if (steps > 1 && Math.abs(off) > 1) requestAnimationFrame(() => keepAt(row, top, steps - 1));
}
