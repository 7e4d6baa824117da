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
