import { afterNavigate, beforeNavigate } from '$app/navigation';
import { page } from '$app/state';
import { keepPlace, readPlace, type BoardPlace } from './board-place.ts';
import type { Board } from '../board/board.svelte.ts';
import { focusRow, showRow } from '../rows/reach.ts';

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
    sought = place;
  });

  $effect(() => {
    const place = sought;
    if (!place || (!board.settled && board.rows.every(({ number }) => number !== place.opened))) return;
    sought = null;
    void goTo(board, place);
  });
}

async function goTo(board: Board, { opened, top, scroll }: BoardPlace): Promise<void> {
  const order = board.rows.find(({ number }) => number === opened);
  const isThere = order !== undefined && (await focusRow(board, order.id));
  // Whoever went back by the browser is there already, as far as there were rows.
  if ((!isThere || top === null) && scrollY === 0) scrollTo(0, scroll);
  if (!isThere) return;
  if (top === null) await showRow(board, order.id);
  else await showRow(board, order.id, (row) => scrollBy(0, row.getBoundingClientRect().top - top));
}
