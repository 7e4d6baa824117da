import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foundDigits, foundRanges, orderText, searchTerms, searchText } from './search-text.ts';

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

describe('what a search found', () => {
  const marked = (text: string, query: string): string[] =>
    foundRanges(text, searchTerms(query)).map(([from, to]) => text.slice(from, to));

  test.each([
    ['Lucía Ferrer', 'lucia', ['Lucía']],
    ['Luci\u0301a Ferrer', 'LUCÍA', ['Luci\u0301a']],
    ['Groß & Größer', 'gros', ['Groß', 'Größ']],
    ['Ærø Sørensen', 'aero ensen', ['Ærø', 'ensen']],
    ['Encyclopædia', 'dia', ['dia']],
    ['Encyclopædia', 'paed', ['pæd']],
    ['oﬃce ﬁle', 'fic', ['ﬃc']],
    ['Ｆｕｌｌ １２３', 'full 123', ['Ｆｕｌｌ', '１２３']],
    ['İstanbul', 'ist', ['İst']],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος', ['ΣΊΣΥΦΟΣ']],
    ['O’Brien', "o'brien", ['O’Brien']],
    ['각가', '각가', ['각가']],
    ['👩🏽‍🍳 Chef’s knife', 'chef', ['Chef']],
    ['mug, Mug, smugly', 'mug', ['mug', 'Mug', 'mug']],
    ['Xu, sexual', 'xu', ['Xu']],
    ['two  xu xu', 'xu', ['xu', 'xu']],
    ['banana', 'ana nan', ['anana']],
    ['enamel mug', 'enamel kettle', ['enamel']],
    ['Enamel mug', '', []],
    ['', 'mug', []],
  ])('in %j by %j is %j', (text, query, found) => {
    expect(marked(text, query)).toEqual(found);
  });

  test('of a number is its first digits', () => {
    expect(foundDigits(1042, searchTerms('10'))).toBe(2);
    expect(foundDigits(1042, searchTerms('#1042 1'))).toBe(4);
    expect(foundDigits(1042, searchTerms('42 mug'))).toBe(0);
    expect(foundDigits(1042, [])).toBe(0);
  });

  const letters = fc.constantFrom(...Array.from('aeßøæœłıİÉé\u0301\u0308Σσςﬁﬃ１Ａ각가이कमし\u3099´’ -1xŠ👩🏽‍🍳\u200b'));
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.array(letters).map((all) => all.join('')),
  );

  test('lies within the text, in its order, apart, and folds to what was looked for', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, query) => {
        const terms = searchTerms(query);
        let end = -1;
        for (const [from, to] of foundRanges(text, terms)) {
          expect(from).toBeGreaterThan(end);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(text.length);
          const folded = searchText(text.slice(from, to));
          expect(terms.some((term) => folded.includes(term.text))).toBe(true);
          end = to;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('is there whenever a search finds a text that people write, whatever part of it they type', () => {
    const words = fc.array(fc.constantFrom(...Array.from('aebnsßøæłıİÉéñΣσςﬁ１Ａ각가しжё’1Š')), {
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean(), (all, pick, apart) => {
        const text = all
          .map((one) => one.join(''))
          .join(' ')
          .normalize(apart ? 'NFD' : 'NFC');
        const word = all[pick % all.length] ?? [];
        const query = word.slice(pick % (word.length - 2)).join('');
        const [term] = searchTerms(query);
        fc.pre(term?.isPart === true);
        expect(searchText(text)).toContain(term?.text);
        expect(foundRanges(text, searchTerms(query))).not.toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
