import type { Board } from './board.svelte.ts';

const orderAt = (target: EventTarget | null): string | null =>
  (target instanceof Element && target.closest<HTMLElement>('[data-order-id]')?.dataset.orderId) || null;

/** What the element that holds the rows listens to, so that they keep their places while somebody aims at one. */
export const aimedAt = (board: Board) => ({
  onpointermove: ({ pointerType }: PointerEvent) => {
    if (pointerType === 'mouse') board.aim('pointer');
  },
  onpointerleave: () => board.letGo('pointer'),
  // The row under it stays in the page, however far it is drawn: with it the end of the touch would be lost.
  ontouchstart: ({ target }: TouchEvent) => board.aim('finger', orderAt(target)),
  ontouchend: ({ touches }: TouchEvent) => {
    if (touches.length === 0) board.letGo('finger');
  },
  ontouchcancel: () => board.letGo('finger'),
  onfocusin: ({ target }: FocusEvent) => {
    board.reached = orderAt(target) ?? board.reached;
    if (target instanceof Element && target.matches(':focus-visible')) board.aim('focus');
  },
  onfocusout: ({ relatedTarget, currentTarget }: FocusEvent) => {
    const isWithin =
      currentTarget instanceof Node && relatedTarget instanceof Node && currentTarget.contains(relatedTarget);
    if (!isWithin) board.letGo('focus');
  },
});
