import type { Board } from './board.svelte.ts';

/** What the element that holds the rows listens to, so that they keep their places while somebody aims at one. */
export const aimedAt = (board: Board) => ({
  onpointermove: ({ pointerType }: PointerEvent) => {
    if (pointerType === 'mouse') board.aim('pointer');
  },
  onpointerleave: () => board.letGo('pointer'),
  ontouchstart: () => board.aim('finger'),
  ontouchend: ({ touches }: TouchEvent) => {
    if (touches.length === 0) board.letGo('finger');
  },
  ontouchcancel: () => board.letGo('finger'),
  onfocusin: ({ target }: FocusEvent) => {
    if (target instanceof Element && target.matches(':focus-visible')) board.aim('focus');
  },
  onfocusout: ({ relatedTarget, currentTarget }: FocusEvent) => {
    const isWithin =
      currentTarget instanceof Node && relatedTarget instanceof Node && currentTarget.contains(relatedTarget);
    if (!isWithin) board.letGo('focus');
  },
});
