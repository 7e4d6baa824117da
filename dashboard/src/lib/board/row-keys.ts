const steps: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus to the next or previous row: with j and k from anywhere, with the arrow keys from within a row. */
export function walkRows(event: KeyboardEvent): void {
  const step = steps[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const from = event.target instanceof Element ? event.target : null;
  if (from?.closest('input, textarea, select, [role=menu], [role=alertdialog]')) return;
  const links = [...document.querySelectorAll<HTMLAnchorElement>('a[data-row-link]')];
  const row = from?.closest('[data-order-number]');
  if (event.key.startsWith('Arrow') && !row) return;
  const at = row ? links.findIndex((link) => row.contains(link)) : step > 0 ? -1 : links.length;
  const link = links[at + step];
  if (!link) return;
  event.preventDefault();
  link.focus();
  link.scrollIntoView({ block: 'nearest' });
}
