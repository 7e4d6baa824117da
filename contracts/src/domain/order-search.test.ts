import { expect, test } from 'vitest';
import { orderText, searchTerms } from './order-search.ts';

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
