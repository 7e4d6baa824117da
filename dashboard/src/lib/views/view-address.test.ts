import { expect, test } from 'vitest';
import { readView } from '../board/order-view.ts';
import { addressOf, savedAddress } from './view-address.ts';

test('a view has one address, however it was kept, and what is unknown in it falls away', () => {
  expect(savedAddress({ search: '?view=columns&queue=late' })).toBe('?queue=late&view=columns');
  expect(savedAddress({ search: '?queue=tomorrow&status=open&q=%20luc%C3%ADa+' })).toBe('?q=luc%C3%ADa');
  expect(savedAddress({ search: '?' })).toBe('?');
});

test('the board’s address is the one that its view is kept under', () => {
  const view = readView(new URLSearchParams('queue=mine&sort=-total&q=two words '));
  expect(addressOf(view)).toBe('?queue=mine&q=two+words&sort=-total');
  expect(savedAddress({ search: addressOf(view) })).toBe(addressOf(view));
});
