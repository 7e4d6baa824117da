import { expect, test } from 'vitest';
import { Selection } from './selection.svelte.ts';

let shown = ['a', 'b', 'c', 'd', 'e'];
const select = () => new Selection(() => shown);

test('a range goes from what was picked last to what is picked now, up or down', () => {
  const selection = select();
  selection.toggle('d');
  selection.extend('b');
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd']);
  selection.extend('e');
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd', 'e']);
});

test('a range without a beginning is one order, also where the beginning is no longer shown', () => {
  const selection = select();
  selection.extend('c');
  expect(selection.ids).toEqual(['c']);
  shown = ['d', 'e'];
  selection.extend('e');
  expect(selection.ids).toEqual(['c', 'e']);
});

test('what is dropped takes its reason along', () => {
  const selection = select();
  selection.pick(['a', 'b']);
  selection.reasons.set('a', 'It is shipped.');
  selection.toggle('a');
  expect([selection.has('a'), selection.size, selection.reasons.size]).toEqual([false, 1, 0]);
});
