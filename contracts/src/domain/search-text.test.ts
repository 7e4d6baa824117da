import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderText, searchTerms, searchText } from './search-text.ts';

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

test('an order is searched through by its names and the customer’s note', () => {
  const item = { id: '', product_id: '', quantity: 1, price: 1 };
  const items = [
    { ...item, name: 'Enamel mug' },
    { ...item, name: 'Crème brûlée dish' },
  ];
  const order = { customer_name: 'Lucía Ferrer', items, note: 'Ring TWICE' };
  expect(orderText(order)).toBe('lucia ferrer enamel mug creme brulee dish ring twice');
  expect(orderText({ ...order, note: null })).toBe('lucia ferrer enamel mug creme brulee dish');
});

test('a search is its words, each once', () => {
  expect(searchTerms('  Mug  lucía mug ')).toEqual([
    { text: 'mug', isPart: true, number: null },
    { text: 'lucia', isPart: true, number: null },
  ]);
  expect(searchTerms('#1042 xu 1042')).toEqual([
    { text: '#1042', isPart: true, number: 1042 },
    { text: 'xu', isPart: false, number: null },
    { text: '1042', isPart: true, number: 1042 },
  ]);
  expect(searchTerms('   ')).toEqual([]);
});
