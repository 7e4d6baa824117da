import { isFree } from './row-keys.ts';

const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

const linksIn = (column: Element): HTMLAnchorElement[] => [
  ...column.querySelectorAll<HTMLAnchorElement>('a[data-row-link]'),
];

/** Moves the focus from a card to the one beside it: in the next or previous column that has any, at the same height or above. */
export const walkColumns = (event: KeyboardEvent): void => {
  const step = steps[event.key];
  if (step === undefined || !isFree(event) || !(event.target instanceof Element)) return;
  const card = event.target.closest('[data-order-number]');
  const column = card?.closest('[data-column]');
  if (!card || !column) return;
  const columns = [...document.querySelectorAll('[data-column]')].filter(
    (one) => one === column || linksIn(one).length > 0,
  );
  const links = linksIn(columns[columns.indexOf(column) + step] ?? column);
  const at = linksIn(column).findIndex((link) => card.contains(link));
  const link = links[Math.min(at, links.length - 1)];
  if (!link) return;
  event.preventDefault();
  link.focus();
  link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
};
