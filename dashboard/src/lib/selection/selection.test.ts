import { expect, test } from 'vitest';
import { Selection } from './selection.svelte.ts';

const shown = ['a', 'b', 'c', 'd', 'e'];

test('a range goes from what was picked last to what is picked now, up or down', () => {
  const selection = new Selection();
  selection.toggle('d');
  selection.extend('b', shown);
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd']);
  selection.extend('e', shown);
  expect(selection.ids.toSorted()).toEqual(['b', 'c', 'd', 'e']);
});

test('a range without a beginning is one order, also where the beginning is no longer shown', () => {
  const selection = new Selection();
  selection.extend('c', shown);
  expect(selection.ids).toEqual(['c']);
  selection.extend('e', ['d', 'e']);
  expect(selection.ids).toEqual(['c', 'e']);
});

test('what is dropped takes its reason along', () => {
  const selection = new Selection();
  selection.pick(['a', 'b']);
  selection.reasons.set('a', 'It is shipped.');
  selection.toggle('a');
  expect([selection.has('a'), selection.size, selection.reasons.size]).toEqual([false, 1, 0]);
});
