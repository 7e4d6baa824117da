import type { Order } from './orders.ts';
import { searchText } from './search-text.ts';

/**
 * What searches look through of an order: the names of its customer and products, and the customer's note, as `searchText` has
 * them. The service keeps it in the column `search` of the table.
 */
export const orderText = ({ customer_name, items, note }: Pick<Order, 'customer_name' | 'items' | 'note'>): string =>
  searchText([customer_name, ...items.map((item) => item.name), note ?? ''].join(' ').trimEnd());

/** One word of a search: an order has it in its text, or is of that number. */
export interface SearchTerm {
  /** As `searchText` writes it. */
  text: string;
  /** Whether it is looked for anywhere, and not only where words begin: that takes three letters. */
  isPart: boolean;
  /** The number that it may be, with or without `#`; null for others. */
  number: number | null;
}

/** The words of a search, each once. An order is found when it has all of them, in whatever order. */
export const searchTerms = (query: string): SearchTerm[] => {
  const words = new Set(searchText(query).split(/\s+/u));
  words.delete('');
  return [...words].map((text) => {
    const digits = /^#?(\d{1,9})$/.exec(text)?.[1];
    return { text, isPart: /[\p{L}\p{N}]{3}/u.test(text), number: digits === undefined ? null : Number(digits) };
  });
};
