import { goToRow, type Reached } from '../rows/reach.ts';
import { singleKeys } from './single-keys.svelte.ts';

const steps: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Whether a key is pressed by itself, and not into a field, a menu or a dialog; a box that is ticked takes no letters. Letters are
 * not free where they are switched off.
 */
export function isFree(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key.length === 1 && !singleKeys.on) return false;
  const from = event.target instanceof Element ? event.target : null;
  return !from?.closest('input:not([type=checkbox]), textarea, select, [role=menu], [role=alertdialog], [role=dialog]');
}

interface Walked extends Reached {
  readonly inReadingOrder: readonly { id: string }[];
}

/** Moves the focus to the next or previous row: with j and k from anywhere, with the arrow keys from within a row. */
export function walkRows(event: KeyboardEvent, shown: Walked): void {
  const step = steps[event.key];
  if (step === undefined || !isFree(event)) return;
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-order-id]') : null;
  if (event.key.startsWith('Arrow') && !row) return;
  const orders = shown.inReadingOrder;
  const at = row ? orders.findIndex(({ id }) => id === row.dataset.orderId) : step > 0 ? -1 : orders.length;
  const next = orders[at + step];
  if (!next) return;
  event.preventDefault();
  void goToRow(shown, next.id);
}

const presses: Readonly<Record<string, string>> = {
  m: 'button[data-press=move], button[data-further]',
  u: 'button[data-press=undo]',
};

/** Presses the button that moves the order in focus on (m), or takes its move back (u), as a click would. */
export function pressRow(event: KeyboardEvent): void {
  const press = presses[event.key];
  if (press === undefined || event.repeat || !isFree(event) || !(event.target instanceof Element)) return;
  const row = event.target.closest('[data-order-number]');
  row?.querySelector<HTMLButtonElement>(press)?.click();
}
