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

/** From where to where in a text, as `slice` takes it. */
export type TextRange = readonly [from: number, to: number];

const ascii = /^[\0-\x7f]*$/;
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * `searchText` piece by piece, and for each character of it the piece of the text that became it. A piece is what people take
 * for one letter, with its accents: folding makes it longer (ß, ligatures), shorter (accents written apart) or nothing at all.
 */
const foldByPiece = (text: string): { folded: string; pieces: TextRange[] } => {
  // Nearly all texts are so, and the board has hundreds of them for each letter that is typed.
  if (ascii.test(text))
    return { folded: text.toLowerCase(), pieces: Array.from(text, (_letter, index) => [index, index + 1]) };
  let folded = '';
  const pieces: TextRange[] = [];
  for (const { segment, index } of clusters.segment(text)) {
    const letters = searchText(segment);
    folded += letters;
    for (let n = 0; n < letters.length; n += 1) pieces.push([index, index + segment.length]);
  }
  return { folded, pieces };
};

/** Every place of a word, as a search looks for it in one of the texts that `orderText` joins. */
function* placesOf({ text, isPart }: SearchTerm, folded: string): Generator<number> {
  for (let at = folded.indexOf(text); at >= 0; at = folded.indexOf(text, at + 1))
    if (isPart || at === 0 || folded[at - 1] === ' ') yield at;
}

/** Where a text has words of a search, in the text as it is written: first to last, and apart from each other. */
export const foundRanges = (text: string, terms: readonly SearchTerm[]): TextRange[] => {
  if (terms.length === 0) return [];
  const { folded, pieces } = foldByPiece(text);
  const found = terms.flatMap((term) =>
    [...placesOf(term, folded)].flatMap((at): TextRange[] => {
      const [first, last] = [pieces[at], pieces[at + term.text.length - 1]];
      return first && last ? [[first[0], last[1]]] : [];
    }),
  );
  const ranges: TextRange[] = [];
  for (const [from, to] of found.sort(([a], [b]) => a - b)) {
    const last = ranges.at(-1);
    if (last && from <= last[1]) ranges[ranges.length - 1] = [last[0], Math.max(last[1], to)];
    else ranges.push([from, to]);
  }
  return ranges;
};

/** How many of the first digits of an order's number a search found it by. */
export const foundDigits = (number: number, terms: readonly SearchTerm[]): number =>
  Math.max(
    0,
    ...terms.map((term) =>
      term.number !== null && String(number).startsWith(String(term.number)) ? String(term.number).length : 0,
    ),
  );
