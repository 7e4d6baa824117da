import type { Order } from './orders.ts';

/** Letters that Unicode does not decompose, although people without them on their keyboard type the plain ones. */
const plain: Readonly<Record<string, string>> = {
  ı: 'i',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  // The form that `toLowerCase` gives a sigma depends on where the word ends.
  ς: 'σ',
  '’': "'",
};
const unlike = new RegExp(`[${Object.keys(plain).join('')}]`, 'g');

/**
 * A text as searches compare it: without case, without accents (Lucía is found as lucia, Yılmaz as YILMAZ), and the same for
 * all ways in which Unicode can write it. The service stores names in this form and the dashboard filters by it, so that
 * both find the same. Only accents of Latin, Greek and Cyrillic letters are dropped: in other scripts a mark may be a vowel.
 *
 * When this changes, a migration has to write the column `search` of orders and products anew.
 */
export const searchText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(unlike, (letter) => plain[letter] ?? letter)
    .normalize('NFC');

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
