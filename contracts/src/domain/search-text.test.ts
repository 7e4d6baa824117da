import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { searchText } from './search-text.ts';

describe('the text that searches compare', () => {
  test.each([
    ['Lucía', 'lucia'],
    ['Chloé', 'chloe'],
    ['Chloe\u0301', 'chloe'],
    ['Yılmaz', 'yilmaz'],
    ['İSTANBUL', 'istanbul'],
    ['Zieliński Łukasz', 'zielinski lukasz'],
    ['Sørensen, Ærø', 'sorensen, aero'],
    ['Groß GROẞ gross', 'gross gross gross'],
    ['Þór Đorđe', 'thor dorde'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['Артём', 'артем'],
    ['Ｆｕｌｌ １２３', 'full 123'],
    ['O’Brien', "o'brien"],
    ['100% _of_ \\ it', '100% _of_ \\ it'],
  ])('of %s is %s', (text, folded) => {
    expect(searchText(text)).toBe(folded);
  });

  test('keeps the marks that are letters in other scripts', () => {
    for (const text of ['कमल', 'कामिल', 'がか', '각가', 'שָׁלוֹם']) expect(searchText(text)).toBe(text.normalize('NFC'));
  });

  test('does not change when it is made again, nor with the way in which a text is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const folded = searchText(text);
        expect(searchText(folded)).toBe(folded);
        expect(searchText(text.normalize('NFD'))).toBe(folded);
        expect(searchText(text.normalize('NFC'))).toBe(folded);
      }),
    );
  });
});
